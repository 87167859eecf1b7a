"""Numbers of the protocol, grouped by family (MySQL source documentation, "Client/Server Protocol")."""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 10
MAX_PAYLOAD: Final = 0xFFFFFF
"""Payload bytes of one packet; a payload of this size or more goes on in the next packet."""

NULL_CELL: Final = b"\xfb"
LOCAL_INFILE_HEADER: Final = b"\xfb"
EOF_HEADER: Final = 0xFE


class Capability:
    """Capability flags, client and server."""

    LONG_PASSWORD: Final = 1
    FOUND_ROWS: Final = 1 << 1
    LONG_FLAG: Final = 1 << 2
    CONNECT_WITH_DB: Final = 1 << 3
    NO_SCHEMA: Final = 1 << 4
    COMPRESS: Final = 1 << 5
    ODBC: Final = 1 << 6
    LOCAL_FILES: Final = 1 << 7
    IGNORE_SPACE: Final = 1 << 8
    PROTOCOL_41: Final = 1 << 9
    INTERACTIVE: Final = 1 << 10
    SSL: Final = 1 << 11
    IGNORE_SIGPIPE: Final = 1 << 12
    TRANSACTIONS: Final = 1 << 13
    RESERVED: Final = 1 << 14
    SECURE_CONNECTION: Final = 1 << 15
    MULTI_STATEMENTS: Final = 1 << 16
    MULTI_RESULTS: Final = 1 << 17
    PS_MULTI_RESULTS: Final = 1 << 18
    PLUGIN_AUTH: Final = 1 << 19
    CONNECT_ATTRS: Final = 1 << 20
    PLUGIN_AUTH_LENENC_CLIENT_DATA: Final = 1 << 21
    CAN_HANDLE_EXPIRED_PASSWORDS: Final = 1 << 22
    SESSION_TRACK: Final = 1 << 23
    DEPRECATE_EOF: Final = 1 << 24


SERVER_CAPABILITIES: Final = (
    Capability.LONG_PASSWORD
    | Capability.FOUND_ROWS
    | Capability.LONG_FLAG
    | Capability.CONNECT_WITH_DB
    | Capability.ODBC
    | Capability.LOCAL_FILES
    | Capability.IGNORE_SPACE
    | Capability.PROTOCOL_41
    | Capability.INTERACTIVE
    | Capability.IGNORE_SIGPIPE
    | Capability.TRANSACTIONS
    | Capability.RESERVED
    | Capability.SECURE_CONNECTION
    | Capability.MULTI_STATEMENTS
    | Capability.MULTI_RESULTS
    | Capability.PS_MULTI_RESULTS
    | Capability.PLUGIN_AUTH
    | Capability.CONNECT_ATTRS
    | Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA
    | Capability.SESSION_TRACK
    | Capability.DEPRECATE_EOF
)
"""What the server offers besides SSL. Compression and query attributes are not done and therefore not offered."""


class Status:
    """Server status flags of OK and EOF packets."""

    IN_TRANS: Final = 0x0001
    AUTOCOMMIT: Final = 0x0002
    MORE_RESULTS_EXISTS: Final = 0x0008
    CURSOR_EXISTS: Final = 0x0040
    LAST_ROW_SENT: Final = 0x0080
    SESSION_STATE_CHANGED: Final = 0x4000


class CommandByte:
    """First byte of a command packet."""

    QUIT: Final = 0x01
    INIT_DB: Final = 0x02
    QUERY: Final = 0x03
    FIELD_LIST: Final = 0x04
    CREATE_DB: Final = 0x05
    DROP_DB: Final = 0x06
    REFRESH: Final = 0x07
    STATISTICS: Final = 0x09
    PROCESS_INFO: Final = 0x0A
    PROCESS_KILL: Final = 0x0C
    DEBUG: Final = 0x0D
    PING: Final = 0x0E
    CHANGE_USER: Final = 0x11
    STMT_PREPARE: Final = 0x16
    STMT_EXECUTE: Final = 0x17
    STMT_SEND_LONG_DATA: Final = 0x18
    STMT_CLOSE: Final = 0x19
    STMT_RESET: Final = 0x1A
    SET_OPTION: Final = 0x1B
    STMT_FETCH: Final = 0x1C
    RESET_CONNECTION: Final = 0x1F


class Track:
    """Kinds of session state change in an OK packet."""

    SYSTEM_VARIABLES: Final = 0x00
    SCHEMA: Final = 0x01
