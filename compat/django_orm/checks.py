"""An application of one module on Django's MySQL backend. Prints `ok NAME` or `FAIL NAME: why`."""

from __future__ import annotations

import datetime
import io
import os
import sys
from collections.abc import Callable
from decimal import Decimal

import pymysql

pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()

import django  # noqa: E402
from django.apps import AppConfig  # noqa: E402
from django.conf import settings  # noqa: E402

DATABASE = {
    "ENGINE": "django.db.backends.mysql",
    "HOST": "127.0.0.1",
    "PORT": os.environ["PORT"],
    "USER": "root",
    "NAME": "django",
    "OPTIONS": {"charset": "utf8mb4"},
}

with pymysql.connect(host="127.0.0.1", port=int(os.environ["PORT"]), user="root") as admin, admin.cursor() as asked:
    asked.execute("CREATE DATABASE django")


class Shop(AppConfig):
    name = "__main__"
    label = "shop"
    path = os.path.dirname(__file__)
    default_auto_field = "django.db.models.BigAutoField"


settings.configure(
    DATABASES={"default": DATABASE},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "__main__.Shop"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, migrations, models, transaction  # noqa: E402
from django.db.models import Avg, Case, Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, Value, When  # noqa: E402
from django.db.models.functions import (  # noqa: E402
    Cast,
    Coalesce,
    Concat,
    ExtractYear,
    Length,
    Lower,
    Now,
    Round,
    Substr,
    TruncDate,
    TruncMonth,
    Upper,
)


class Author(models.Model):
    name = models.CharField(max_length=80, db_index=True)
    born = models.DateField(null=True)
    score = models.FloatField(default=0)

    class Meta:
        app_label = "shop"


class Book(models.Model):
    title = models.CharField(max_length=120)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    price = models.DecimalField(max_digits=8, decimal_places=2)
    published = models.DateTimeField()
    tags = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    length = models.DurationField(null=True)
    data = models.BinaryField(null=True)
    readers = models.ManyToManyField(Author, related_name="read")

    class Meta:
        app_label = "shop"
        constraints = [
            models.UniqueConstraint(fields=["title", "author"], name="one_title"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative"),
        ]
        indexes = [models.Index(fields=["published", "-price"], name="by_time")]


MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.UTC)


def migrate() -> None:
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    call_command("check", verbosity=0)


def alter() -> None:
    from django.db.migrations.state import ProjectState

    state = ProjectState()
    steps: list[migrations.operations.base.Operation] = [
        migrations.CreateModel(
            "Thing", [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=20))]
        ),
        migrations.AddField("Thing", "size", models.IntegerField(default=3)),
        migrations.AlterField("Thing", "name", models.CharField(max_length=50, null=True, unique=True)),
        migrations.AddField("Thing", "owner", models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL)),
        migrations.RenameField("Thing", "size", "extent"),
        migrations.AddIndex("Thing", models.Index(fields=["extent"], name="thing_extent")),
        migrations.AlterField("Thing", "extent", models.BigIntegerField(db_default=5)),
        migrations.RenameModel("Thing", "Item"),
        migrations.RemoveIndex("Item", "thing_extent"),
        migrations.RemoveField("Item", "owner"),
        migrations.DeleteModel("Item"),
    ]
    for app in ("auth", "contenttypes"):
        for model in django.apps.apps.get_app_config(app).get_models():
            state.add_model(migrations.state.ModelState.from_model(model))
    for step in steps:
        after = state.clone()
        step.state_forwards("shop", after)
        with connection.schema_editor() as editor:
            step.database_forwards("shop", editor, state, after)
        state = after


def crud() -> None:
    ada = Author.objects.create(name="Ada", born=datetime.date(1815, 12, 10))
    book = Book.objects.create(
        title="Notes 😀", author=ada, price=Decimal("12.50"), published=MOMENT, tags={"a": [1, None], "b": "x"},
        length=datetime.timedelta(hours=3, microseconds=7), data=b"\x00\xff'",
    )  # fmt: skip
    book.readers.add(ada)
    again = Book.objects.select_related("author").get(pk=book.pk)
    assert (again.title, again.price, again.published, again.tags) == (
        "Notes 😀",
        Decimal("12.50"),
        MOMENT,
        {"a": [1, None], "b": "x"},
    )
    assert (again.length, bytes(again.data), again.active) == (
        datetime.timedelta(hours=3, microseconds=7),
        b"\x00\xff'",
        True,
    )
    again.price = F("price") + 1
    again.save()
    again.refresh_from_db()
    assert again.price == Decimal("13.50")
    assert Book.objects.filter(pk=book.pk).update(title="Notes") == 1
    found, made = Author.objects.get_or_create(name="Ada")
    assert (found.pk, made) == (ada.pk, False)
    _, made = Author.objects.update_or_create(name="Grace", defaults={"score": 1.5})
    assert made
    User.objects.create_user("someone", password="secret").groups.add(Group.objects.create(name="all"))
    assert User.objects.get(groups__name="all").check_password("secret")


def bulk() -> None:
    ada = Author.objects.get(name="Ada")
    books = [
        Book(title=f"Volume {n}", author=ada, price=n, published=MOMENT + datetime.timedelta(days=40 * n))
        for n in range(30)
    ]
    Book.objects.bulk_create(books, batch_size=7)
    Book.objects.bulk_create(books[:3], ignore_conflicts=True)
    changed = list(Book.objects.filter(title__startswith="Volume").order_by("price"))
    assert len(changed) == 30
    for book in changed:
        book.active = book.price % 2 == 0
    Book.objects.bulk_update(changed, ["active"], batch_size=10)
    assert Book.objects.filter(active=False).count() == 15
    upserts = [Author(pk=ada.pk, name="Ada L.", score=2), Author(pk=999, name="New", score=3)]
    Author.objects.bulk_create(upserts, update_conflicts=True, update_fields=["score"])
    assert dict(Author.objects.filter(pk__in=[ada.pk, 999]).values_list("name", "score")) == {"Ada": 2.0, "New": 3.0}
    assert len(list(Book.objects.iterator(chunk_size=4))) == 31


def queries() -> None:
    assert Book.objects.filter(title__contains="olume 1").count() == 11
    assert Book.objects.filter(title__icontains="VOLUME", price__range=(5, 9)).count() == 5
    assert Book.objects.filter(title__regex="^Volume 2[0-9]$").count() == 10
    assert Book.objects.filter(title__iexact="volume 3").exists()
    assert Book.objects.filter(published__year=2024, published__month=4).count() == 1
    assert Book.objects.filter(tags__b="x").count() == 1
    assert Book.objects.filter(tags__has_key="a").count() == 1
    assert Book.objects.exclude(Q(price__lt=20) | Q(active=False)).count() == 5
    newest = Book.objects.filter(author=OuterRef("pk")).order_by("-published").values("title")[:1]
    authors = Author.objects.annotate(newest=Subquery(newest), has=Exists(Book.objects.filter(author=OuterRef("pk"))))
    assert list(authors.filter(has=True).values_list("name", "newest")) == [("Ada", "Volume 29")]
    titles = Book.objects.filter(price=1).values("title").union(Author.objects.values("name"), all=True)
    assert len(titles) == 4
    labelled = Book.objects.annotate(
        size=Case(When(price__gte=20, then=Value("big")), default=Value("small")),
        shout=Concat(Upper(Substr("title", 1, 3)), Value("!"), Cast(Length("title"), models.CharField())),
    ).order_by("-price")
    assert list(labelled.values_list("size", "shout")[:1]) == [("big", "VOL!9")]
    prefetched = Author.objects.prefetch_related("books", "read").get(name="Ada")
    assert (len(prefetched.books.all()), len(prefetched.read.all())) == (31, 1)
    assert Book.objects.annotate(n=Now()).filter(n__gt=F("published")).exists()
    assert "Scan" in Book.objects.filter(price=3).explain() or Book.objects.filter(price=3).explain()


def aggregates() -> None:
    books = Book.objects.filter(title__startswith="Volume")
    assert books.aggregate(n=Count("pk"), s=Sum("price"), a=Avg("price"), m=Max("published")) == {
        "n": 30, "s": Decimal("435.00"), "a": Decimal("14.5"), "m": MOMENT + datetime.timedelta(days=40 * 29),
    }  # fmt: skip
    by_year = books.annotate(y=ExtractYear("published")).values("y").annotate(n=Count("pk")).order_by("y")
    assert next(iter(by_year)) == {"y": 2024, "n": 8}
    by_month = books.annotate(m=TruncMonth("published")).values("m").annotate(n=Count("pk")).order_by("m")
    assert by_month[0]["m"] == datetime.datetime(2024, 2, 1, tzinfo=datetime.UTC)
    assert books.dates("published", "year").count() == 4
    assert books.annotate(d=TruncDate("published")).order_by("d")[0].d == datetime.date(2024, 2, 29)
    counted = (
        Author.objects.annotate(n=Count("books", filter=Q(books__active=True))).filter(n__gt=0).values_list("name", "n")
    )
    assert list(counted) == [("Ada", 16)]
    assert Author.objects.aggregate(x=Round(Coalesce(Sum("score"), 0.0)), low=Max(Lower("name")))["low"] == "new"


def transactions() -> None:
    before = Author.objects.count()
    try:
        with transaction.atomic():
            Author.objects.create(name="Lost")
            with transaction.atomic():
                Author.objects.create(name="Lost too")
            raise ValueError
    except ValueError:
        pass
    with transaction.atomic():
        Author.objects.create(name="Kept")
        try:
            with transaction.atomic():
                book = Book.objects.first()
                assert book is not None
                Book.objects.create(title=book.title, author=book.author, price=1, published=MOMENT)
            raise AssertionError("no duplicate")
        except IntegrityError as error:
            assert error.args[0] == 1062, error
        try:
            with transaction.atomic():
                Book.objects.update(price=-1)
            raise AssertionError("no check")
        except django.db.utils.DatabaseError as error:
            assert error.args[0] == 3819, error
        locked = Author.objects.select_for_update(skip_locked=True).get(name="Kept")
        locked.delete()
        Author.objects.create(name="Kept")
    assert Author.objects.count() == before + 1
    assert Author.objects.filter(name="Ada").delete()[0] >= 31
    assert Book.objects.count() == 0


def introspection() -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.get_table_list(cursor)
        assert {"shop_book", "auth_user", "django_migrations"} <= {table.name for table in tables}
        columns = connection.introspection.get_table_description(cursor, "shop_book")
        kinds = {c.name: connection.introspection.get_field_type(c.type_code, c) for c in columns}
        assert kinds["price"] == "DecimalField" and kinds["tags"] == "JSONField" and kinds["id"] == "BigAutoField", (
            kinds
        )
        constraints = connection.introspection.get_constraints(cursor, "shop_book")
        assert constraints["one_title"]["unique"] and constraints["price_not_negative"]["check"]
        assert constraints["by_time"]["columns"] == ["published", "price"]
        relations = connection.introspection.get_relations(cursor, "shop_book")
        assert relations["author_id"] == ("id", "shop_author"), relations
    call_command("inspectdb", "shop_book", stdout=io.StringIO())


def main() -> int:
    checks: list[Callable[[], None]] = [migrate, alter, crud, bulk, queries, aggregates, transactions, introspection]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"ok {check.__name__}")
        except Exception as error:  # each check is reported
            import traceback

            traceback.print_exc()
            print(f"FAIL {check.__name__}: {type(error).__name__} {str(error)[:300]}".replace("\n", " "))
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
