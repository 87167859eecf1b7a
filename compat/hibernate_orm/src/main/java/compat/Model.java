package compat;

import jakarta.persistence.*;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.*;
import java.util.*;
import org.hibernate.annotations.Check;
import org.hibernate.annotations.ColumnDefault;
import org.hibernate.annotations.CreationTimestamp;
import org.hibernate.annotations.GeneratedColumn;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.annotations.NaturalId;
import org.hibernate.annotations.Nationalized;
import org.hibernate.annotations.UpdateTimestamp;
import org.hibernate.type.SqlTypes;
import org.hibernate.type.YesNoConverter;

/** The entities of the checks: relations, versions, inheritance, and every kind of column that Hibernate makes on MySQL. */
public final class Model {
    static final Class<?>[] ENTITIES = {
        Author.class, Book.class, Tag.class, Kinds.class, Payment.class, CardPayment.class, CashPayment.class, Animal.class, Dog.class, Cat.class, Counter.class,
    };

    public enum Mood { CALM, ANGRY, O_BRIEN }

    @Embeddable
    public static class Address {
        String street;
        @Column(length = 10) String zip;
        Address() {}
        Address(String street, String zip) { this.street = street; this.zip = zip; }
    }

    @Entity(name = "Author")
    @Table(name = "author", uniqueConstraints = @UniqueConstraint(name = "author_email", columnNames = "email"),
        indexes = {@Index(name = "author_born", columnList = "born desc, name")})
    public static class Author {
        @Id @GeneratedValue(strategy = GenerationType.IDENTITY) Long id;
        @Column(nullable = false, length = 80) String name;
        @NaturalId String email;
        LocalDate born;
        @Version int version;
        @Embedded Address address;
        @OneToMany(mappedBy = "author", cascade = CascadeType.ALL, orphanRemoval = true) @OrderBy("title") List<Book> books = new ArrayList<>();
        @ElementCollection @CollectionTable(name = "author_nick") @Column(name = "nick") Set<String> nicks = new TreeSet<>();
        @ElementCollection @OrderColumn(name = "position") List<Integer> scores = new ArrayList<>();
        @CreationTimestamp Instant created;
        @UpdateTimestamp Instant changed;
        Author() {}
        Author(String name, String email) { this.name = name; this.email = email; }
        Book book(String title, String price) {
            Book book = new Book(title, new BigDecimal(price));
            book.author = this;
            books.add(book);
            return book;
        }
    }

    @Entity(name = "Book")
    @Table(name = "book")
    @Check(name = "book_price", constraints = "price >= 0")
    public static class Book {
        @Id @GeneratedValue(strategy = GenerationType.SEQUENCE) @SequenceGenerator(name = "book_seq", sequenceName = "book_seq", allocationSize = 20) Long id;
        @Column(nullable = false) String title;
        @Column(precision = 10, scale = 2) BigDecimal price;
        @ManyToOne(fetch = FetchType.LAZY, optional = false) @JoinColumn(foreignKey = @ForeignKey(name = "book_author")) Author author;
        @ManyToMany @JoinTable(name = "book_tag") Set<Tag> tags = new HashSet<>();
        @Version Instant version;
        @GeneratedColumn("concat(title, ' for ', price)") String label;
        @ColumnDefault("7") @Column(insertable = false) Integer stars;
        Book() {}
        Book(String title, BigDecimal price) { this.title = title; this.price = price; }
    }

    @Entity(name = "Tag")
    @Table(name = "tag")
    public static class Tag {
        @Id @Column(length = 30) String name;
        @ManyToMany(mappedBy = "tags") Set<Book> books = new HashSet<>();
        Tag() {}
        Tag(String name) { this.name = name; }
        @Override public boolean equals(Object other) { return other instanceof Tag t && t.name.equals(name); }
        @Override public int hashCode() { return name.hashCode(); }
    }

    @Entity(name = "Kinds")
    @Table(name = "kinds")
    public static class Kinds {
        @Id @GeneratedValue(strategy = GenerationType.UUID) UUID id;
        @JdbcTypeCode(SqlTypes.CHAR) UUID asText;
        boolean flag;
        byte tiny;
        short small;
        int whole;
        long big;
        BigInteger huge;
        float single;
        double twice;
        BigDecimal amount;
        char letter;
        LocalDate day;
        LocalTime hour;
        LocalDateTime moment;
        Instant instant;
        OffsetDateTime elsewhere;
        ZonedDateTime zoned;
        Duration duration;
        Year yearOf;
        @Temporal(TemporalType.TIMESTAMP) Date old;
        @Enumerated(EnumType.STRING) Mood mood;
        @Enumerated(EnumType.ORDINAL) Mood ordinal;
        @Lob String text;
        @Lob byte[] data;
        byte[] small_data;
        @Column(length = 70000) String medium;
        @JdbcTypeCode(SqlTypes.JSON) Map<String, Object> json;
        @JdbcTypeCode(SqlTypes.JSON) List<Integer> numbers;
        @Nationalized String national;
        Locale locale;
        Currency currency;
        @Convert(converter = YesNoConverter.class) Boolean yes;
        String[] words;
    }

    @Entity(name = "Payment")
    @Table(name = "payment")
    @Inheritance(strategy = InheritanceType.JOINED)
    public abstract static class Payment {
        @Id @GeneratedValue Long id;
        BigDecimal amount;
        @Version long version;
    }

    @Entity(name = "CardPayment")
    @Table(name = "card_payment")
    public static class CardPayment extends Payment {
        String card;
        CardPayment() {}
        CardPayment(String amount, String card) { this.amount = new BigDecimal(amount); this.card = card; }
    }

    @Entity(name = "CashPayment")
    @Table(name = "cash_payment")
    public static class CashPayment extends Payment {
        int coins;
        CashPayment() {}
        CashPayment(String amount, int coins) { this.amount = new BigDecimal(amount); this.coins = coins; }
    }

    @Entity(name = "Animal")
    @Table(name = "animal")
    @Inheritance(strategy = InheritanceType.SINGLE_TABLE)
    @DiscriminatorColumn(name = "kind", length = 10)
    public abstract static class Animal {
        @Id @GeneratedValue(strategy = GenerationType.TABLE) Long id;
        String name;
        @ManyToOne Animal parent;
    }

    @Entity(name = "Dog")
    @DiscriminatorValue("dog")
    public static class Dog extends Animal {
        Integer barks;
        Dog() {}
        Dog(String name, Integer barks, Animal parent) { this.name = name; this.barks = barks; this.parent = parent; }
    }

    @Entity(name = "Cat")
    @DiscriminatorValue("cat")
    public static class Cat extends Animal {
        Integer lives;
        Cat() {}
        Cat(String name, Integer lives, Animal parent) { this.name = name; this.lives = lives; this.parent = parent; }
    }

    @Entity(name = "Counter")
    @Table(name = "counter")
    public static class Counter {
        @Id String name;
        @Column(nullable = false) long hits;
        Counter() {}
        Counter(String name, long hits) { this.name = name; this.hits = hits; }
    }

    private Model() {}
}
