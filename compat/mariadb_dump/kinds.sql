-- One table with what a dump has to carry, and a view.
CREATE TABLE kinds (id INT AUTO_INCREMENT PRIMARY KEY, b BIT(5), bl BLOB, e ENUM('a','b') DEFAULT 'a', j JSON,
  ts TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), d DECIMAL(5,2) DEFAULT 1.5,
  dd DATETIME DEFAULT '2024-01-01 00:00:00', y YEAR, t TEXT COMMENT 'it''s', bin BINARY(3) DEFAULT 'ab',
  s SET('x','y') CHARACTER SET latin1, ex VARCHAR(40) DEFAULT (UUID()), f FLOAT, db DOUBLE, bu BIGINT UNSIGNED, tm TIME(6),
  UNIQUE KEY (e, b), KEY (t(10)), KEY doubled ((d * 2)), CHECK (d < 1000)) COMMENT='all kinds' AUTO_INCREMENT=5;
INSERT INTO kinds (b, bl, j, y, t, s, ex, ts, f, db, bu, tm) VALUES
  (b'101', 0x00FF275C0A0D1A, '{"a": [1, "x\\"y"]}', 2024, 'it''s \\ \n \t \r \0 \Z line %', 'x,y', 'ß😀',
   '2024-03-04 05:06:07.089', 1.5, 1.7976931348623157e308, 18446744073709551615, '-838:59:59.000001'),
  (NULL, NULL, NULL, NULL, NULL, NULL, '', '2024-03-04 05:06:07.089', NULL, NULL, NULL, NULL);
CREATE VIEW sold AS SELECT t.Name, SUM(l.Quantity) AS n FROM Track t JOIN InvoiceLine l USING (TrackId) GROUP BY t.Name;
