"""Settings of Django's own tests: the stock MySQL backend over PyMySQL, two databases on one server."""

from __future__ import annotations

import os
from typing import Any

import pymysql

pymysql.version_info = (2, 2, 1, "final", 0)
pymysql.install_as_MySQLdb()

from django.db.backends.mysql.features import DatabaseFeatures  # noqa: E402

# the suite's own choices are language collations, which the server does not have
DatabaseFeatures.test_collations = {
    "ci": "utf8mb4_general_ci",
    "non_default": "utf8mb4_unicode_ci",
    "virtual": "utf8mb4_unicode_ci",
}


def _database(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "127.0.0.1",
        "PORT": int(os.environ["SQLNODE_PORT"]),
        "USER": "root",
        "NAME": name,
        "OPTIONS": {"charset": "utf8mb4"},
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"},
    }


DATABASES = {"default": _database("one"), "other": _database("two")}
SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
