package compat;

import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** Prints `ok NAME` or `FAIL NAME: why` for each check; arguments: host port. */
public final class Checks {
    interface Check { void run(Connection c) throws Exception; }

    static String base;

    static void check(String name, String options, Check body) {
        try (Connection c = DriverManager.getConnection(base + options, "root", "")) {
            body.run(c);
            System.out.println("ok " + name);
        } catch (Throwable e) {
            System.out.println("FAIL " + name + ": " + String.valueOf(e.getMessage()).replace('\n', ' '));
        }
    }

    static void equal(Object wanted, Object seen) {
        if (!Objects.equals(wanted, seen)) throw new IllegalStateException("wanted " + wanted + ", got " + seen);
    }

    static void table(Connection c) throws Exception {
        try (Statement s = c.createStatement()) {
            s.execute("CREATE DATABASE IF NOT EXISTS jdbc");
            s.execute("USE jdbc");
            s.execute("DROP TABLE IF EXISTS child, item");
            s.execute("CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL, price DECIMAL(10,2),"
                + " made DATETIME(3), flag TINYINT(1), data BLOB, UNIQUE KEY name_key (name))");
            s.execute("CREATE TABLE child (id INT PRIMARY KEY, item_id INT, CONSTRAINT fk_item FOREIGN KEY (item_id) REFERENCES item (id))");
        }
    }

    static void roundTrip(Connection c) throws Exception {
        table(c);
        try (PreparedStatement p = c.prepareStatement(
                "INSERT INTO item (name, price, made, flag, data) VALUES (?, ?, ?, ?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            p.setString(1, "größe"); p.setBigDecimal(2, new BigDecimal("12.50"));
            p.setTimestamp(3, Timestamp.valueOf("2024-02-29 12:34:56.789")); p.setBoolean(4, true); p.setBytes(5, new byte[]{0, 1, (byte) 255});
            equal(1, p.executeUpdate());
            try (ResultSet keys = p.getGeneratedKeys()) { keys.next(); equal(1, keys.getInt(1)); }
            p.setString(1, "b"); p.setNull(2, Types.DECIMAL); p.setNull(3, Types.TIMESTAMP); p.setBoolean(4, false); p.setNull(5, Types.BLOB);
            equal(1, p.executeUpdate());
        }
        try (PreparedStatement p = c.prepareStatement("SELECT id, name, price, made, flag, data FROM item WHERE id = ?")) {
            for (int round = 0; round < 3; round++) {
                p.setInt(1, 1);
                try (ResultSet r = p.executeQuery()) {
                    r.next();
                    equal("größe", r.getString(2)); equal(new BigDecimal("12.50"), r.getBigDecimal(3));
                    equal(Timestamp.valueOf("2024-02-29 12:34:56.789"), r.getTimestamp(4)); equal(true, r.getBoolean(5));
                    equal(3, r.getBytes(6).length); equal(Types.BIT, r.getMetaData().getColumnType(5));
                    equal("item", r.getMetaData().getTableName(1));
                }
                p.setInt(1, 2);
                try (ResultSet r = p.executeQuery()) { r.next(); equal(null, r.getBigDecimal(3)); equal(null, r.getTimestamp(4)); }
            }
        }
    }

    static void transactions(Connection c) throws Exception {
        table(c);
        c.setAutoCommit(false);
        c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        try (Statement s = c.createStatement()) {
            s.executeUpdate("INSERT INTO item (name) VALUES ('x')");
            Savepoint p = c.setSavepoint("one");
            s.executeUpdate("INSERT INTO item (name) VALUES ('y')");
            c.rollback(p);
            c.commit();
            try (ResultSet r = s.executeQuery("SELECT COUNT(*) FROM item")) { r.next(); equal(1, r.getInt(1)); }
            try { s.executeUpdate("INSERT INTO item (name) VALUES ('x')"); throw new IllegalStateException("no 1062"); }
            catch (SQLIntegrityConstraintViolationException e) { equal(1062, e.getErrorCode()); }
            c.rollback();
        }
        c.setAutoCommit(true);
    }

    static void batches(Connection c) throws Exception {
        table(c);
        try (PreparedStatement p = c.prepareStatement("INSERT INTO item (name, price) VALUES (?, ?)")) {
            for (int i = 0; i < 500; i++) { p.setString(1, "n" + i); p.setBigDecimal(2, BigDecimal.valueOf(i)); p.addBatch(); }
            equal(500, p.executeBatch().length);
        }
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT COUNT(*), SUM(price) FROM item")) {
            r.next(); equal(500, r.getInt(1)); equal(0, new BigDecimal("124750").compareTo(r.getBigDecimal(2)));
        }
    }

    static void fetch(Connection c) throws Exception {
        batches(c);
        try (PreparedStatement p = c.prepareStatement("SELECT id, name FROM item ORDER BY id")) {
            p.setFetchSize(50);
            int count = 0;
            try (ResultSet r = p.executeQuery()) { while (r.next()) count++; }
            equal(500, count);
        }
    }

    static void metadata(Connection c) throws Exception {
        table(c);
        DatabaseMetaData m = c.getMetaData();
        List<String> names = new ArrayList<>();
        try (ResultSet r = m.getTables("jdbc", null, "%", new String[]{"TABLE"})) { while (r.next()) names.add(r.getString("TABLE_NAME")); }
        equal(List.of("child", "item"), names);
        List<String> columns = new ArrayList<>();
        try (ResultSet r = m.getColumns("jdbc", null, "item", "%")) {
            while (r.next()) columns.add(r.getString("COLUMN_NAME") + ":" + r.getInt("DATA_TYPE") + ":" + r.getString("IS_NULLABLE"));
        }
        equal("id:4:NO", columns.get(0)); equal("name:12:NO", columns.get(1)); equal("price:3:YES", columns.get(2)); equal(6, columns.size());
        try (ResultSet r = m.getPrimaryKeys("jdbc", null, "item")) { r.next(); equal("id", r.getString("COLUMN_NAME")); }
        try (ResultSet r = m.getImportedKeys("jdbc", null, "child")) {
            r.next(); equal("item", r.getString("PKTABLE_NAME")); equal("item_id", r.getString("FKCOLUMN_NAME")); equal("fk_item", r.getString("FK_NAME"));
        }
        Set<String> indexes = new TreeSet<>();
        try (ResultSet r = m.getIndexInfo("jdbc", null, "item", false, false)) { while (r.next()) indexes.add(r.getString("INDEX_NAME")); }
        equal(new TreeSet<>(List.of("PRIMARY", "name_key")), indexes);
        try (ResultSet r = m.getCatalogs()) { boolean found = false; while (r.next()) found |= r.getString(1).equals("jdbc"); equal(true, found); }
        try (ResultSet r = m.getTypeInfo()) { equal(true, r.next()); }
        try (ResultSet r = m.getProcedures("jdbc", null, "%")) { equal(false, r.next()); }
        try (ResultSet r = m.getExportedKeys("jdbc", null, "item")) { equal(true, r.next()); }
        try (ResultSet r = m.getBestRowIdentifier("jdbc", null, "item", DatabaseMetaData.bestRowSession, false)) { equal(true, r.next()); }
        equal(true, m.getDatabaseProductVersion().startsWith("8.0."));
    }

    static void timeout(Connection c) throws Exception {
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(1);
            try { s.executeQuery("SELECT SLEEP(20)"); throw new IllegalStateException("not cancelled"); }
            catch (SQLTimeoutException e) { /* wanted */ }
        }
        equal(true, c.isValid(2));
    }

    static void updatable(Connection c) throws Exception {
        batches(c);
        try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
             ResultSet r = s.executeQuery("SELECT id, name, price FROM item WHERE id = 5")) {
            r.next(); r.updateString("name", "changed"); r.updateRow();
        }
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT name FROM item WHERE id = 5")) { r.next(); equal("changed", r.getString(1)); }
    }

    public static void main(String[] args) {
        base = "jdbc:mysql://" + args[0] + ":" + args[1] + "/";
        String plain = "?sslMode=DISABLED&allowPublicKeyRetrieval=true";
        for (String[] mode : new String[][]{{"defaults", "?x=1"}, {"plain", plain}, {"server-prepares", "?useServerPrepStmts=true&cachePrepStmts=true"},
                {"server-prepares-plain", plain + "&useServerPrepStmts=true"}, {"rewrite", "?rewriteBatchedStatements=true&useServerPrepStmts=true"}}) {
            check("round trip " + mode[0], mode[1], Checks::roundTrip);
            check("transactions " + mode[0], mode[1], Checks::transactions);
            check("batches " + mode[0], mode[1], Checks::batches);
        }
        check("cursor fetch", "?useCursorFetch=true", Checks::fetch);
        check("streaming", "?useServerPrepStmts=false", Checks::fetch);
        check("multi queries", "?allowMultiQueries=true", c -> {
            try (Statement s = c.createStatement()) {
                boolean rows = s.execute("SELECT 1; SELECT 2");
                equal(true, rows); equal(true, s.getMoreResults());
            }
        });
        check("metadata", "", Checks::metadata);
        check("metadata information_schema", "?useInformationSchema=true", Checks::metadata);
        check("query timeout", "", Checks::timeout);
        check("updatable result", "", Checks::updatable);
        check("pooled configuration", "?useConfigs=maxPerformance&useServerPrepStmts=true&cachePrepStmts=true", Checks::roundTrip);
    }
}
