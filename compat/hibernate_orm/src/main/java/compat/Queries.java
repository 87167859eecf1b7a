package compat;

import static compat.Checks.equal;
import static compat.Checks.rows;
import static compat.Checks.shelf;

import compat.Model.*;
import jakarta.persistence.Tuple;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.*;
import org.hibernate.*;
import org.hibernate.query.criteria.*;

/** The checks of queries: HQL, the criteria of JPA, and classes that inherit from others. */
final class Queries {
    static Object one(Session s, String query) { return s.createSelectionQuery(query, Object.class).getSingleResult(); }

    static void queries(SessionFactory factory) throws Exception {
        shelf(factory);
        factory.inTransaction(s -> {
            equal(List.of("Don Juan", "Engine"), s.createSelectionQuery("select title from Book order by title", String.class).setMaxResults(2).list());
            equal(List.of("Letters"), s.createSelectionQuery("select title from Book order by title", String.class).setFirstResult(2).setMaxResults(1).list());
            equal(4L, s.createSelectionQuery("from Book", Book.class).getResultCount());
            List<Object[]> sums = s.createSelectionQuery(
                "select a.name, count(b), sum(b.price), avg(b.price), max(b.title) from Author a left join a.books b group by a.name having count(b) > 0 order by a.name", Object[].class).list();
            equal(new Object[]{"Ada", 3L, new BigDecimal("49.75"), 49.75 / 3, "Notes"}, rounded(sums.get(0)));
            equal(new Object[]{"Byron", 1L, new BigDecimal("9.99"), 9.99, "Don Juan"}, rounded(sums.get(1)));
            equal(2, s.createSelectionQuery("select distinct a from Author a join fetch a.books order by a.id", Author.class).list().size());
            equal(List.of("Engine", "Notes"), s.createSelectionQuery("select b.title from Book b where 'maths' in (select t.name from b.tags t) order by b.title", String.class).list());
            equal(List.of("Letters"), s.createSelectionQuery("select b.title from Book b where b.tags is empty", String.class).list());
            equal(List.of("Ada"), s.createSelectionQuery("select a.name from Author a where size(a.books) > 1 and exists (select 1 from Book x where x.author = a and x.price > all (select y.price from Book y where y.author.name = 'Byron'))", String.class).list());
            equal(List.of("ADA", "3", "da", "Ada!", "2"), new ArrayList<>(List.of(s.createSelectionQuery(
                "select upper(name), cast(length(name) as String), substring(name, 2), name || '!', cast(locate('d', name) as String) from Author where name = 'Ada'", Object[].class).getSingleResult())));
            equal(List.of(1815, 12, 10), List.of(s.createSelectionQuery("select year(born), month(born), day(born) from Author where born is not null", Object[].class).getSingleResult()));
            equal(LocalDate.of(1816, 1, 9), one(s, "select born + 30 day from Author where born is not null"));
            equal(21L, one(s, "select (date 1815-12-31 - born) by day from Author where born is not null"));
            equal("none", one(s, "select coalesce(str(born), 'none') from Author where name = 'Byron'"));
            equal("1815/12", one(s, "select format(born as 'yyyy/MM') from Author where name = 'Ada'"));
            equal("dear", one(s, "select case when price > 20 then 'dear' when price > 10 then 'fair' else 'cheap' end from Book where title = 'Engine'"));
            equal("Engine,Letters,Notes", one(s, "select listagg(title, ',') within group (order by title) from Book where author.name = 'Ada'"));
            equal(List.of("Don Juan", "Engine"), s.createSelectionQuery(
                "with dear as (select b.title as title, b.price as price from Book b where b.price > 9.5) select d.title from dear d where d.price <> 12.5 order by d.title", String.class).list());
            equal(Set.of("Ada", "Byron", "maths", "poems"), new HashSet<>(s.createSelectionQuery("select a.name as n from Author a union select t.name as n from Tag t", String.class).list()));
            equal(List.of("Ada"), s.createSelectionQuery("select name from Author where name ilike 'aD_' and name not like '%!%%' escape '!' and email in ('x', 'ada@example.com')", String.class).list());
            Tuple tuple = s.createSelectionQuery("select a.name as name, a.address as place from Author a where a.address.zip = 'SW1'", Tuple.class).getSingleResult();
            equal("St James", ((Address) tuple.get("place")).street);
            List<Object> scrolled = new ArrayList<>();
            try (ScrollableResults<String> scroll = s.createSelectionQuery("select title from Book order by title", String.class).setFetchSize(2).scroll(ScrollMode.SCROLL_INSENSITIVE)) {
                scroll.last(); scrolled.add(scroll.get()); scroll.first(); scrolled.add(scroll.get());
            }
            equal(List.of("Notes", "Don Juan"), scrolled);
            equal(4L, s.createSelectionQuery("from Book", Book.class).setFetchSize(Integer.MIN_VALUE).stream().count());
            equal(4L, ((Number) s.createNativeQuery("SELECT COUNT(*) AS n FROM book", Object.class).getSingleResult()).longValue());
            equal(1, s.createNativeQuery("SELECT b.* FROM book b WHERE b.title = :title", Book.class).setParameter("title", "Notes").list().size());
        });
    }

    static Object[] rounded(Object[] row) {
        row[3] = Math.abs((Double) row[3] - (row[0].equals("Ada") ? 49.75 / 3 : 9.99)) < 1e-4 ? row[0].equals("Ada") ? 49.75 / 3 : 9.99 : row[3];
        return row;
    }

    static void criteria(SessionFactory factory) throws Exception {
        Long id = shelf(factory);
        factory.inTransaction(s -> {
            Author author = s.find(Author.class, id);
            for (int i = 0; i < 30; i++) s.persist(author.book(String.format("page %02d", i), i + ".00"));
        });
        factory.inTransaction(s -> {
            HibernateCriteriaBuilder b = s.getCriteriaBuilder();
            List<String> seen = new ArrayList<>();
            for (int page = 0; page < 4; page++) {
                JpaCriteriaQuery<Book> query = b.createQuery(Book.class);
                JpaRoot<Book> book = query.from(Book.class);
                book.fetch("author");
                query.where(b.like(book.get("title"), "page%"), b.ge(book.<BigDecimal>get("price"), new BigDecimal("3")), b.equal(book.get("author").get("id"), id));
                query.orderBy(b.desc(book.get("price")), b.asc(book.get("id")));
                s.createQuery(query).setFirstResult(page * 8).setMaxResults(8).getResultList().forEach(one -> seen.add(one.title));
            }
            equal(27, seen.size()); equal(27, new HashSet<>(seen).size()); equal("page 29", seen.get(0)); equal("page 03", seen.get(26));
            JpaCriteriaQuery<Object[]> grouped = b.createQuery(Object[].class);
            JpaRoot<Author> root = grouped.from(Author.class);
            JpaJoin<Author, Book> books = root.join("books", jakarta.persistence.criteria.JoinType.LEFT);
            grouped.multiselect(root.get("name"), b.countDistinct(books), b.coalesce(b.sum(books.<BigDecimal>get("price")), BigDecimal.ZERO));
            grouped.groupBy(root.get("name")).having(b.gt(b.count(books), 1L)).orderBy(b.asc(root.get("name")));
            List<Object[]> rows = s.createQuery(grouped).getResultList();
            equal(1, rows.size()); equal(33L, rows.get(0)[1]); equal(new BigDecimal("484.75"), rows.get(0)[2]);
            JpaCriteriaQuery<String> nested = b.createQuery(String.class);
            JpaRoot<Author> outer = nested.from(Author.class);
            JpaSubQuery<BigDecimal> most = nested.subquery(BigDecimal.class);
            JpaRoot<Book> inner = most.from(Book.class);
            most.select(b.max(inner.<BigDecimal>get("price"))).where(b.equal(inner.get("author"), outer));
            nested.select(outer.get("name")).where(b.lt(most, new BigDecimal("10")));
            equal(List.of("Byron"), s.createQuery(nested).getResultList());
            var update = b.createCriteriaUpdate(Book.class);
            var target = update.from(Book.class);
            update.set(target.<BigDecimal>get("price"), b.sum(target.<BigDecimal>get("price"), new BigDecimal("0.5"))).where(b.like(target.get("title"), "page 0%"));
            equal(10, s.createMutationQuery(update).executeUpdate());
            var delete = b.createCriteriaDelete(Book.class);
            delete.where(b.like(delete.from(Book.class).get("title"), "page%"));
            equal(30, s.createMutationQuery(delete).executeUpdate());
        });
    }

    // Inheritance, and the temporary tables of changes to many tables.

    static void inheritance(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> {
            for (int i = 1; i <= 4; i++) { s.persist(new CardPayment(i + ".00", "card" + i)); s.persist(new CashPayment(i + ".50", i)); }
            Dog rex = new Dog("Rex", 3, null);
            s.persist(rex);
            Cat tom = new Cat("Tom", 9, rex);
            s.persist(tom); s.persist(new Dog("Pup", 1, tom));
        });
        factory.inTransaction(s -> {
            equal(8, s.createSelectionQuery("from Payment", Payment.class).list().size());
            equal(4L, s.createSelectionQuery("select count(p) from Payment p where type(p) = CardPayment", Long.class).getSingleResult());
            equal("card2", s.createSelectionQuery("select treat(p as CardPayment).card from Payment p where p.amount = 2", String.class).getSingleResult());
            equal(List.of("Pup", "Rex"), s.createSelectionQuery("select name from Dog order by name", String.class).list());
            equal(List.of("Pup"), s.createSelectionQuery("select a.name from Animal a where a.parent.parent.name = 'Rex'", String.class).list());
        });
    }

    static void ranked(SessionFactory factory) throws Exception {
        shelf(factory);
        factory.inTransaction(s -> equal(List.of("Engine=1", "Notes=2", "Don Juan=3", "Letters=4"), s.createSelectionQuery(
            "select title || '=' || cast(rank() over (order by price desc) as String) from Book order by price desc", String.class).list()));
    }

    static void recursive(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> equal(List.of("Rex", "Tom", "Pup"), s.createSelectionQuery("with line as (select a.id as id, a.name as name, 1 as depth"
            + " from Animal a where a.parent is null union all select c.id as id, c.name as name, l.depth + 1 as depth from line l join Animal c on c.parent.id = l.id)"
            + " select name from line order by depth", String.class).list()));
    }

    static void lateral(SessionFactory factory) throws Exception {
        shelf(factory);
        factory.inTransaction(s -> equal(List.of("Engine"), s.createSelectionQuery(
            "select t.title from Author a join lateral (select b.title as title from a.books b order by b.price desc limit 1) t where a.name = 'Ada'", String.class).list()));
    }

    // Changes that span two tables: with temporary tables by default.
    static void joinedChanges(SessionFactory factory) throws Exception {
        factory.inTransaction(s -> {
            equal(4, s.createMutationQuery("update CardPayment set card = 'x', amount = amount * 2 where amount >= 1").executeUpdate());
            equal(2, s.createMutationQuery("delete CashPayment where amount > 3").executeUpdate());
            equal(2, s.createMutationQuery("insert into CashPayment (amount, coins, version) select p.amount, 77, 0 from CardPayment p where p.amount > 5").executeUpdate());
        });
        equal(List.of(List.of("20.00", "4", "22.00", "4")), rows("SELECT SUM(IF(c.id IS NULL, 0, p.amount)), COUNT(c.id), SUM(IF(h.id IS NULL, 0, p.amount)) + 4, COUNT(h.id)"
            + " FROM payment p LEFT JOIN card_payment c USING (id) LEFT JOIN cash_payment h ON h.id = p.id"));
        equal(List.of(List.of("2")), rows("SELECT COUNT(*) FROM cash_payment WHERE coins = 77"));
    }

    private Queries() {}
}
