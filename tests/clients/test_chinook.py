"""The Chinook dump: row counts against the file, and queries whose answers follow from it."""

from __future__ import annotations

from decimal import Decimal

import pymysql

from compat.mysql_cli.run import expected_counts
from sqlnode.testing import RunningServer
from tests.clients.conftest import DUMP


def test_row_counts(chinook: RunningServer) -> None:
    connection = pymysql.connect(host=chinook.host, port=chinook.port, user="root", database="Chinook")
    with connection.cursor() as cursor:
        for table, count in expected_counts(DUMP.read_text(encoding="utf-8")).items():
            cursor.execute(f"SELECT COUNT(*) FROM `{table}`")
            assert cursor.fetchone() == (count,), table
    connection.close()


def test_queries(chinook: RunningServer) -> None:
    connection = pymysql.connect(host=chinook.host, port=chinook.port, user="root", database="Chinook")
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(Total) FROM Invoice")
        assert cursor.fetchone() == (Decimal("2328.60"),)
        cursor.execute("SELECT SUM(UnitPrice * Quantity) FROM InvoiceLine")
        assert cursor.fetchone() == (Decimal("2328.60"),)
        cursor.execute(
            "SELECT g.Name, COUNT(*) AS n FROM Track t JOIN Genre g USING (GenreId) GROUP BY g.Name ORDER BY n DESC, g.Name LIMIT 3"
        )
        assert cursor.fetchall() == (("Rock", 1297), ("Latin", 579), ("Metal", 374))
        cursor.execute(
            "SELECT c.Country, SUM(i.Total) AS total FROM Customer c JOIN Invoice i ON i.CustomerId = c.CustomerId "
            "GROUP BY c.Country ORDER BY total DESC LIMIT 1"
        )
        assert cursor.fetchone() == ("USA", Decimal("523.06"))
        cursor.execute(
            "SELECT e.LastName, m.LastName FROM Employee e LEFT JOIN Employee m ON e.ReportsTo = m.EmployeeId "
            "ORDER BY e.EmployeeId LIMIT 2"
        )
        assert cursor.fetchall() == (("Adams", None), ("Edwards", "Adams"))
        cursor.execute(
            "SELECT COUNT(*) FROM Artist a WHERE NOT EXISTS (SELECT 1 FROM Album b WHERE b.ArtistId = a.ArtistId)"
        )
        assert cursor.fetchone() == (71,)
    connection.close()
