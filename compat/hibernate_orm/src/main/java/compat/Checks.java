package compat;

import compat.Model.*;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import jakarta.persistence.LockTimeoutException;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.Date;
import java.util.concurrent.*;
import org.hibernate.*;
import org.hibernate.boot.Metadata;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.registry.StandardServiceRegistry;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.exception.ConstraintViolationException;
import org.hibernate.exception.DataException;

/** Prints `ok NAME` or `FAIL NAME: why` for each check; arguments: host port. */
public final class Checks {
    interface Check { void run(SessionFactory factory) throws Exception; }
    interface Action { void run() throws Exception; }

    static String address;

    static void check(String name, SessionFactory factory, Check body) {
        try {
            body.run(factory);
            System.out.println("ok " + name);
        } catch (Throwable e) {
            Throwable cause = e;
            while (cause.getCause() != null && cause.getCause() != cause) cause = cause.getCause();
            String where = "";
            for (StackTraceElement line : e.getStackTrace()) {
                if (line.getFileName() != null && line.getFileName().equals("Checks.java") && !line.getMethodName().equals("equal")) {
                    where = " at line " + line.getLineNumber();
                    break;
                }
            }
            System.out.println("FAIL " + name + ": " + (e + " / " + cause + where).replace('\n', ' '));
        }
    }

    static void equal(Object wanted, Object seen) {
        if (!Objects.deepEquals(wanted, seen)) throw new IllegalStateException("wanted " + wanted + ", got " + seen);
    }

    static <E extends Throwable> E fails(Class<E> kind, Action body) {
        Throwable found = null;
        try {
            body.run();
        } catch (Throwable e) {
            for (found = e; found != null && !kind.isInstance(found); found = found.getCause()) { }
            if (found == null) throw new IllegalStateException("wanted " + kind.getName() + ", got " + e, e);
        }
        if (found == null) throw new IllegalStateException("no " + kind.getName());
        return kind.cast(found);
    }

    // The factory.

    static String url(String database) {
        return "jdbc:mysql://" + address + "/" + database + "?rewriteBatchedStatements=true&allowPublicKeyRetrieval=true&sslMode=DISABLED";
    }

    static Metadata metadata(String schema, String... more) {
        StandardServiceRegistryBuilder builder = new StandardServiceRegistryBuilder()
            .applySetting("hibernate.connection.url", url("orm")).applySetting("hibernate.connection.username", "root")
            .applySetting("hibernate.connection.password", "").applySetting("hibernate.connection.pool_size", "6")
            .applySetting("hibernate.jdbc.batch_size", "25").applySetting("hibernate.order_inserts", "true")
            .applySetting("hibernate.order_updates", "true").applySetting("hibernate.jdbc.batch_versioned_data", "true")
            .applySetting("hibernate.jdbc.time_zone", "UTC").applySetting("hibernate.hbm2ddl.halt_on_error", "true");
        if (schema != null) builder.applySetting("hibernate.hbm2ddl.auto", schema);
        for (int i = 0; i < more.length; i += 2) builder.applySetting(more[i], more[i + 1]);
        StandardServiceRegistry registry = builder.build();
        MetadataSources sources = new MetadataSources(registry);
        for (Class<?> entity : Model.ENTITIES) sources.addAnnotatedClass(entity);
        return sources.buildMetadata();
    }

    static SessionFactory factory(String schema, String... more) { return metadata(schema, more).buildSessionFactory(); }

    static List<List<Object>> rows(String sql) throws SQLException {
        try (Connection c = DriverManager.getConnection(url("orm"), "root", ""); Statement s = c.createStatement()) {
            List<List<Object>> all = new ArrayList<>();
            if (!s.execute(sql)) return all;
            try (ResultSet r = s.getResultSet()) {
                while (r.next()) {
                    List<Object> row = new ArrayList<>();
                    for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) row.add(r.getString(i));
                    all.add(row);
                }
            }
            return all;
        }
    }

    static void fresh() throws SQLException {
        try (Connection c = DriverManager.getConnection(url(""), "root", ""); Statement s = c.createStatement()) {
            s.execute("DROP DATABASE IF EXISTS orm");
            s.execute("CREATE DATABASE orm");
        }
    }

    static Map<String, String> definitions() throws SQLException {
        Map<String, String> all = new TreeMap<>();
        for (List<Object> row : rows("SHOW TABLES")) all.put((String) row.get(0), (String) rows("SHOW CREATE TABLE " + row.get(0)).get(0).get(1));
        return all;
    }

    // The schema.

    static List<String> changes() throws Exception {
        Path script = Files.createTempFile("update", ".sql");
        try {
            factory("update", "jakarta.persistence.schema-generation.scripts.action", "update",
                "jakarta.persistence.schema-generation.scripts.create-target", script.toString()).close();
            return Files.readAllLines(script).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
        } finally {
            Files.delete(script);
        }
    }

    static void schema(SessionFactory unused) throws Exception {
        factory("create-only").close();
        Map<String, String> before = definitions();
        equal(15, before.size());
        factory("validate").close();
        equal(List.of(), changes());
        factory("update").close();
        equal(before, definitions());
    }

    static void schemaChanges(SessionFactory unused) throws Exception {
        Map<String, String> before = definitions();
        rows("ALTER TABLE book DROP COLUMN stars");
        rows("ALTER TABLE author DROP INDEX author_born, DROP COLUMN zip");
        rows("ALTER TABLE book DROP FOREIGN KEY book_author");
        fails(PersistenceException.class, () -> factory("validate").close());
        List<String> made = changes();
        factory("update").close();
        equal(List.of("alter table author add column zip varchar(10);", "alter table book add column stars integer default 7;",
            "create index author_born on author (born desc, name);",
            "alter table book add constraint book_author foreign key (author_id) references author (id);"), made);
        factory("validate").close();
        equal(List.of(), changes());
        equal(before.keySet(), definitions().keySet());
        equal(true, definitions().get("book").contains("CONSTRAINT `book_author` FOREIGN KEY (`author_id`) REFERENCES `author` (`id`)"));
        rows("ALTER TABLE counter MODIFY hits VARCHAR(10)");
        fails(PersistenceException.class, () -> factory("validate").close());
        rows("ALTER TABLE counter MODIFY hits BIGINT NOT NULL");
    }

    // Values.

    static Kinds kinds() {
        Kinds kinds = new Kinds();
        kinds.asText = UUID.fromString("123e4567-e89b-12d3-a456-426614174000");
        kinds.flag = true; kinds.tiny = -128; kinds.small = -32768; kinds.whole = Integer.MIN_VALUE; kinds.big = Long.MIN_VALUE;
        kinds.huge = new BigInteger("99999999999999999999"); kinds.single = 1.5f; kinds.twice = 0.1;
        kinds.amount = new BigDecimal("-12345.67"); kinds.letter = 'ß';
        kinds.day = LocalDate.of(2024, 2, 29); kinds.hour = LocalTime.of(23, 59, 58);
        kinds.moment = LocalDateTime.of(2024, 2, 29, 23, 59, 58, 123456000);
        kinds.instant = Instant.parse("2024-02-29T23:59:58.123456Z");
        kinds.elsewhere = OffsetDateTime.parse("2024-02-29T23:59:58.123456Z"); kinds.zoned = kinds.elsewhere.toZonedDateTime();
        kinds.duration = Duration.ofSeconds(3, 5); kinds.yearOf = Year.of(2024); kinds.old = Date.from(kinds.instant.minusNanos(456000));
        kinds.mood = Mood.O_BRIEN; kinds.ordinal = Mood.ANGRY;
        kinds.text = "größe 😀 ".repeat(9000); kinds.data = new byte[100_000]; kinds.data[7] = (byte) 0xff; kinds.small_data = new byte[]{0, 39, 92, -1};
        kinds.medium = "m".repeat(69_999); kinds.json = new TreeMap<>(Map.of("a", List.of(1, "x\"y"), "b", Map.of("c", 1.5)));
        kinds.numbers = List.of(3, 1, 2); kinds.national = "日本"; kinds.locale = Locale.GERMANY; kinds.currency = Currency.getInstance("EUR");
        kinds.yes = true; kinds.words = new String[]{"a", "b"};
        return kinds;
    }

    static void values(SessionFactory factory) throws Exception {
        Kinds kinds = kinds();
        factory.inTransaction(s -> { s.persist(kinds); s.persist(new Kinds()); });
        factory.inTransaction(s -> {
            Kinds found = s.find(Kinds.class, kinds.id);
            for (var field : Kinds.class.getDeclaredFields()) {
                try {
                    Object wanted = field.get(kinds), seen = field.get(found);
                    if (wanted instanceof Date date) { wanted = date.getTime(); seen = ((Date) seen).getTime(); }
                    if (wanted instanceof ZonedDateTime date) { wanted = date.toInstant(); seen = ((ZonedDateTime) seen).toInstant(); }
                    if (!Objects.deepEquals(wanted, seen)) throw new IllegalStateException(field.getName() + ": wanted " + wanted + ", got " + seen);
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
            for (String condition : List.of("asText = :v", "mood = :v", "day = :v", "hour = :v", "moment = :v", "instant = :v", "amount = :v", "flag = :v", "id = :v")) {
                Object value = switch (condition.split(" ")[0]) {
                    case "asText" -> kinds.asText; case "mood" -> kinds.mood; case "day" -> kinds.day; case "hour" -> kinds.hour;
                    case "moment" -> kinds.moment; case "instant" -> kinds.instant; case "amount" -> kinds.amount; case "flag" -> kinds.flag; default -> kinds.id;
                };
                equal(condition + List.of(kinds.id), condition + s.createQuery("select k.id from Kinds k where k." + condition, UUID.class).setParameter("v", value).list());
            }
            equal(1, s.createSelectionQuery("select k.id from Kinds k where k.mood in (:m) and k.ordinal <> CALM and k.day between {d '2024-01-01'} and {d '2024-12-31'}", UUID.class)
                .setParameterList("m", List.of(Mood.O_BRIEN, Mood.CALM)).list().size());
            found.mood = null; found.json = Map.of("z", 1); found.data = new byte[0]; found.moment = null;
        });
        Kinds changed = factory.fromTransaction(s -> s.find(Kinds.class, kinds.id));
        equal(null, changed.mood); equal(Map.of("z", 1), changed.json); equal(0, changed.data.length); equal(null, changed.moment);
        equal(List.of(List.of("{\"z\": 1}", kinds.id.toString().replace("-", "").toUpperCase())),
            rows("SELECT json, HEX(id) FROM kinds WHERE flag"));
        DataException wrong = fails(DataException.class, () -> factory.inTransaction(s -> {
            Author author = new Author("x", "long"); author.address = new Address("s", "z".repeat(11)); s.persist(author);
        }));
        equal(1406, wrong.getErrorCode());
    }

    // Relations.

    static Long shelf(SessionFactory factory) {
        return factory.fromTransaction(s -> {
            s.createMutationQuery("delete from Book").executeUpdate();
            for (Author author : s.createSelectionQuery("from Author", Author.class).list()) s.remove(author);
            for (Tag tag : s.createSelectionQuery("from Tag", Tag.class).list()) s.remove(tag);
            s.flush();
            Author author = new Author("Ada", "ada@example.com");
            author.born = LocalDate.of(1815, 12, 10); author.address = new Address("St James", "SW1");
            author.nicks.addAll(List.of("countess", "enchantress")); author.scores.addAll(List.of(5, 3, 9));
            Tag maths = new Tag("maths"), poems = new Tag("poems");
            s.persist(maths); s.persist(poems);
            author.book("Notes", "12.50").tags.addAll(List.of(maths, poems));
            author.book("Engine", "30.00").tags.add(maths);
            author.book("Letters", "7.25");
            s.persist(author);
            Author other = new Author("Byron", "byron@example.com");
            other.book("Don Juan", "9.99").tags.add(poems);
            s.persist(other);
            return author.id;
        });
    }

    static void relations(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        factory.inTransaction(s -> {
            Author author = s.find(Author.class, id);
            equal(List.of("Engine", "Letters", "Notes"), author.books.stream().map(b -> b.title).toList());
            equal("Notes for 12.50", author.books.get(2).label);
            equal(7, author.books.get(0).stars);
            equal(List.of(5, 3, 9), author.scores);
            equal(Set.of("countess", "enchantress"), author.nicks);
            author.books.remove(1);
            author.scores.remove(0);
            author.nicks.remove("countess"); author.nicks.add("lady");
            author.books.get(1).tags.removeIf(t -> t.name.equals("poems"));
            author.book("Sketch", "1.00");
        });
        equal(List.of(List.of("Engine", "30.00"), List.of("Notes", "12.50"), List.of("Sketch", "1.00")),
            rows("SELECT title, price FROM book WHERE author_id = " + id + " ORDER BY title"));
        equal(List.of(List.of("0", "3"), List.of("1", "9")), rows("SELECT position, scores FROM author_nick a JOIN Author_scores s ON s.Author_id = a.Author_id WHERE nick = 'lady' ORDER BY 1"));
        equal(List.of(List.of("2")), rows("SELECT COUNT(*) FROM book_tag WHERE tags_name = 'maths'"));
        Author natural = factory.fromTransaction(s -> s.bySimpleNaturalId(Author.class).load("byron@example.com"));
        equal("Byron", natural.name);
        factory.inTransaction(s -> s.remove(s.find(Author.class, id)));
        equal(List.of(List.of("1")), rows("SELECT COUNT(*) FROM book"));
    }

    static void constraints(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        ConstraintViolationException twice = fails(ConstraintViolationException.class,
            () -> factory.inTransaction(s -> s.persist(new Author("again", "ada@example.com"))));
        equal("author.author_email", twice.getConstraintName()); equal(1062, twice.getErrorCode());
        ConstraintViolationException orphan = fails(ConstraintViolationException.class,
            () -> factory.inTransaction(s -> s.createNativeMutationQuery("DELETE FROM author WHERE id = " + id).executeUpdate()));
        equal(1451, orphan.getErrorCode());
        equal(3819, fails(SQLException.class,
            () -> factory.inTransaction(s -> s.find(Author.class, id).book("cheap", "-1"))).getErrorCode());
        equal(1048, fails(ConstraintViolationException.class,
            () -> factory.inTransaction(s -> s.createNativeMutationQuery("INSERT INTO author (name, version) VALUES (NULL, 1)").executeUpdate())).getErrorCode());
    }

    // Versions and locks.

    static void versions(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        int before = factory.fromTransaction(s -> s.find(Author.class, id).version);
        fails(OptimisticLockException.class, () -> factory.inTransaction(s -> {
            Author mine = s.find(Author.class, id);
            factory.inTransaction(other -> other.find(Author.class, id).name = "theirs");
            mine.name = "mine";
        }));
        Author after = factory.fromTransaction(s -> s.find(Author.class, id));
        equal("theirs", after.name); equal(before + 1, after.version);
        factory.inTransaction(s -> s.find(Author.class, id, LockModeType.OPTIMISTIC_FORCE_INCREMENT));
        equal(before + 2, factory.fromTransaction(s -> s.find(Author.class, id)).version);
        fails(OptimisticLockException.class, () -> factory.inTransaction(s -> {
            Book book = s.createSelectionQuery("from Book where title = 'Notes'", Book.class).getSingleResult();
            factory.inTransaction(other -> other.createMutationQuery("update versioned Book set price = price + 1").executeUpdate());
            book.price = BigDecimal.ONE;
        }));
        equal(List.of(List.of("13.50")), rows("SELECT price FROM book WHERE title = 'Notes'"));
        Author detached = factory.fromTransaction(s -> s.find(Author.class, id));
        factory.inTransaction(s -> s.find(Author.class, id).name = "newer");
        detached.name = "older";
        fails(OptimisticLockException.class, () -> factory.inTransaction(s -> s.merge(detached)));
    }

    static void locks(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        factory.inTransaction(s -> {
            Author held = s.find(Author.class, id, LockModeType.PESSIMISTIC_WRITE);
            PersistenceException busy = fails(PersistenceException.class, () -> factory.inTransaction(other ->
                other.find(Author.class, id, LockModeType.PESSIMISTIC_WRITE, Map.of("jakarta.persistence.lock.timeout", 0))));
            equal(true, busy instanceof LockTimeoutException || busy instanceof jakarta.persistence.PessimisticLockException);
            List<String> free = factory.fromTransaction(other -> other.createSelectionQuery("from Author order by name", Author.class)
                .setHibernateLockMode(LockMode.UPGRADE_SKIPLOCKED).list().stream().map(a -> a.name).toList());
            equal(List.of("Byron"), free);
            equal("Ada", factory.fromTransaction(other -> other.find(Author.class, id)).name);
            held.name = "held";
        });
        equal("held", factory.fromTransaction(s -> s.find(Author.class, id, LockModeType.PESSIMISTIC_READ)).name);
        factory.inTransaction(s -> {
            s.find(Author.class, id, LockModeType.PESSIMISTIC_READ);
            equal(id, factory.fromTransaction(other -> other.find(Author.class, id, LockModeType.PESSIMISTIC_READ).id));
            fails(PersistenceException.class, () -> factory.inTransaction(other ->
                other.find(Author.class, id, LockModeType.PESSIMISTIC_WRITE, Map.of("jakarta.persistence.lock.timeout", 0))));
        });
        int version = factory.fromTransaction(s -> s.find(Author.class, id, LockModeType.PESSIMISTIC_FORCE_INCREMENT).version);
        equal(version, factory.fromTransaction(s -> s.find(Author.class, id).version));
        // Two threads add to one row under a lock; nothing is lost.
        factory.inTransaction(s -> s.persist(new Counter("locked", 0)));
        ExecutorService pool = Executors.newFixedThreadPool(3);
        List<Future<?>> all = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
            all.add(pool.submit(() -> {
                for (int i = 0; i < 10; i++) factory.inTransaction(s -> s.find(Counter.class, "locked", LockModeType.PESSIMISTIC_WRITE).hits++);
            }));
        }
        for (Future<?> one : all) one.get(60, TimeUnit.SECONDS);
        pool.shutdown();
        equal(30L, factory.fromTransaction(s -> s.find(Counter.class, "locked").hits));
    }

    // Batches.

    static void batches(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        factory.inTransaction(s -> {
            Author author = s.find(Author.class, id);
            for (int i = 0; i < 200; i++) {
                Book book = author.book("batch " + i, i + ".50");
                s.persist(book);
                s.persist(new Counter("c" + i, i));
            }
        });
        equal(List.of(List.of("200", "20000.00", "200")), rows("SELECT COUNT(*), SUM(price), COUNT(DISTINCT id) FROM book WHERE title LIKE 'batch%'"));
        factory.inTransaction(s -> {
            for (Book book : s.createSelectionQuery("from Book where title like 'batch%' order by id", Book.class).list()) book.price = book.price.add(BigDecimal.TEN);
            for (Counter counter : s.createSelectionQuery("from Counter where name like 'c%'", Counter.class).list()) counter.hits *= 2;
        });
        equal(List.of(List.of("22000.00", "39800")), rows("SELECT SUM(price), (SELECT SUM(hits) FROM counter WHERE name LIKE 'c%') FROM book WHERE title LIKE 'batch%'"));
        fails(ConstraintViolationException.class, () -> factory.inTransaction(s -> {
            for (int i = 0; i < 40; i++) s.persist(new Counter(i == 33 ? "C3" : "d" + i, i));
            s.flush();
        }));
        equal(List.of(List.of("0")), rows("SELECT COUNT(*) FROM counter WHERE name LIKE 'd%'"));
        factory.inTransaction(s -> { for (Book book : s.createSelectionQuery("from Book where title like 'batch%'", Book.class).list()) s.remove(book); });
        equal(List.of(List.of("0")), rows("SELECT COUNT(*) FROM book WHERE title LIKE 'batch%'"));
        try (StatelessSession s = factory.openStatelessSession()) {
            org.hibernate.Transaction t = s.beginTransaction();
            s.upsert(new Counter("c1", 100)); s.upsert(new Counter("new", 5)); s.insert(new Counter("plain", 1));
            Counter c = s.get(Counter.class, "c3"); c.hits = 9; s.update(c);
            s.delete(s.get(Counter.class, "c2"));
            t.commit();
        }
        equal(List.of(List.of("c1", "100"), List.of("c3", "9"), List.of("new", "5"), List.of("plain", "1")), rows("SELECT name, hits FROM counter WHERE name IN ('c1', 'c2', 'c3', 'new', 'plain') ORDER BY name"));
    }

    static void inlineChanges(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> { for (int i = 1; i <= 4; i++) { s.persist(new CardPayment(i + ".00", "card" + i)); s.persist(new CashPayment(i + ".50", i)); } });
        factory.inTransaction(s -> {
            equal(3, s.createMutationQuery("update CardPayment set card = 'x', amount = amount * 2 where amount > 1").executeUpdate());
            equal(2, s.createMutationQuery("delete CashPayment where amount > 3").executeUpdate());
            equal(1, s.createMutationQuery("delete Payment where amount = 8").executeUpdate());
        });
        equal(List.of(List.of("1.00", "card1", "0"), List.of("1.50", "", "1"), List.of("2.50", "", "2"), List.of("4.00", "x", "0"), List.of("6.00", "x", "0")),
            rows("SELECT p.amount, COALESCE(c.card, ''), COALESCE(h.coins, 0) FROM payment p LEFT JOIN card_payment c USING (id) LEFT JOIN cash_payment h USING (id) ORDER BY p.amount"));
        equal(List.of(List.of("3", "2")), rows("SELECT (SELECT COUNT(*) FROM card_payment), (SELECT COUNT(*) FROM cash_payment)"));
        equal(5, factory.fromTransaction(s -> s.createMutationQuery("delete Payment").executeUpdate()));
        equal(List.of(List.of("0", "0", "0")), rows("SELECT (SELECT COUNT(*) FROM card_payment), (SELECT COUNT(*) FROM cash_payment), (SELECT COUNT(*) FROM payment)"));
    }

    static void conflicts(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> {
            String insert = "insert into Counter (name, hits) values (:name, 1) on conflict do ";
            equal(1, s.createMutationQuery(insert + "update set hits = hits + excluded.hits").setParameter("name", "up").executeUpdate());
            s.createMutationQuery(insert + "update set hits = hits + excluded.hits").setParameter("name", "up").executeUpdate();
            s.createMutationQuery(insert + "nothing").setParameter("name", "up").executeUpdate();
            equal(2L, Queries.one(s, "select hits from Counter where name = 'up'"));
        });
    }

    static void transactions(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> {
            s.doWork(c -> {
                c.createStatement().execute("INSERT INTO counter (name, hits) VALUES ('kept', 1)");
                Savepoint point = c.setSavepoint("p");
                c.createStatement().execute("INSERT INTO counter (name, hits) VALUES ('lost', 1)");
                c.rollback(point);
            });
        });
        equal(List.of(List.of("kept")), rows("SELECT name FROM counter WHERE name IN ('kept', 'lost')"));
        fails(IllegalStateException.class, () -> factory.inTransaction(s -> { s.persist(new Counter("gone", 1)); s.flush(); throw new IllegalStateException("undo"); }));
        equal(List.of(), rows("SELECT name FROM counter WHERE name = 'gone'"));
        // A dead lock is reported as one, and the other transaction commits.
        factory.inTransaction(s -> { s.persist(new Counter("left", 0)); s.persist(new Counter("right", 0)); });
        CyclicBarrier both = new CyclicBarrier(2);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        List<Future<Boolean>> all = new ArrayList<>();
        for (List<String> names : List.of(List.of("left", "right"), List.of("right", "left"))) {
            all.add(pool.submit(() -> {
                try {
                    factory.inTransaction(s -> {
                        s.find(Counter.class, names.get(0), LockModeType.PESSIMISTIC_WRITE).hits++;
                        try { both.await(20, TimeUnit.SECONDS); } catch (Exception e) { throw new IllegalStateException(e); }
                        s.find(Counter.class, names.get(1), LockModeType.PESSIMISTIC_WRITE).hits++;
                    });
                    return true;
                } catch (PersistenceException e) {
                    SQLException cause = fails(SQLException.class, () -> { throw e; });
                    equal(1213, cause.getErrorCode()); equal("40001", cause.getSQLState());
                    return false;
                }
            }));
        }
        equal(true, all.get(0).get(60, TimeUnit.SECONDS) ^ all.get(1).get(60, TimeUnit.SECONDS));
        pool.shutdown();
        equal(List.of(List.of("1", "1")), rows("SELECT MIN(hits), MAX(hits) FROM counter WHERE name IN ('left', 'right')"));
        factory.inTransaction(s -> {
            s.setDefaultReadOnly(true);
            s.doWork(c -> c.setReadOnly(true));
        });
    }

    static void dropped(SessionFactory unused) throws Exception {
        factory("create-drop").close();
        equal(List.of(), rows("SHOW TABLES"));
    }

    public static void main(String[] arguments) throws Exception {
        address = arguments[0] + ":" + arguments[1];
        java.util.logging.LogManager.getLogManager().reset();
        fresh();
        check("schema", null, Checks::schema);
        check("schema changes", null, Checks::schemaChanges);
        for (boolean prepares : new boolean[]{false, true}) {
            String way = prepares ? " server-prepares" : "";
            String[] settings = {"hibernate.connection.url", url("orm") + (prepares ? "&useServerPrepStmts=true&cachePrepStmts=true" : "")};
            fresh();
            try (SessionFactory factory = factory("create-only", settings)) {
                check("values" + way, factory, Checks::values);
                check("relations" + way, factory, Checks::relations);
                check("constraints" + way, factory, Checks::constraints);
                check("versions" + way, factory, Checks::versions);
                check("locks" + way, factory, Checks::locks);
                check("batches" + way, factory, Checks::batches);
                check("queries" + way, factory, Queries::queries);
                check("criteria" + way, factory, Queries::criteria);
                check("inheritance" + way, factory, Queries::inheritance);
                check("joined changes" + way, factory, Queries::joinedChanges);
                check("conflicts" + way, factory, Checks::conflicts);
                check("transactions" + way, factory, Checks::transactions);
            }
        }
        String inline = "org.hibernate.query.sqm.mutation.internal.inline.InlineMutationStrategy";
        fresh();
        try (SessionFactory factory = factory("create-only", "hibernate.query.mutation_strategy", inline)) {
            check("inline changes", factory, Checks::inlineChanges);
            check("inheritance inline", factory, Queries::inheritance);
            check("window functions", factory, Queries::ranked);
            check("recursive queries", factory, Queries::recursive);
            check("lateral joins", factory, Queries::lateral);
        }
        check("dropped", null, Checks::dropped);
        System.exit(0);
    }

    private Checks() {}
}
