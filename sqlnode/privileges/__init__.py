"""Accounts and what they may do: the tables of `mysql` in memory, checks, and the statements that change them.

Central types: `Account` (who logs in), `Accounts` (find, check, load). It must not know sessions or packets. The
statements (users.py, grants.py) write the tables through the codec and load again. Start reading at accounts.py.
"""

from sqlnode.privileges.accounts import ANY_COLUMN, Account, Accounts
from sqlnode.privileges.names import DESCRIPTIONS as PRIVILEGES

__all__ = ["ANY_COLUMN", "PRIVILEGES", "Account", "Accounts"]
