"""Every error that a client can see: one row per error, with code, SQLSTATE and message template.

Raise with `SqlError(DUP_ENTRY, value="1", key="t.PRIMARY")`. The rows are the only place where codes stand. Names,
codes, states and texts are MySQL 8.0's (server error reference); 8000 and above are TiDB's (store/errors).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error: `name` as in MySQL without the ER_ prefix, and a `str.format` template."""

    name: str
    code: int
    sqlstate: str
    template: str


class SqlError(Exception):
    """The user's error. `code`, `sqlstate` and `message` go into the ERR packet."""

    def __init__(self, row: ErrorRow, /, **values: object) -> None:
        self.row = row
        self.code = row.code
        self.sqlstate = row.sqlstate
        self.message = row.template.format(**values) if values else row.template
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"ERROR {self.code} ({self.sqlstate}): {self.message}"


@dataclass(frozen=True, slots=True)
class SqlWarning:
    """A row of SHOW WARNINGS. `level` is `Note`, `Warning` or `Error`."""

    level: str
    code: int
    message: str


def _rows(text: str) -> dict[str, ErrorRow]:
    rows: dict[str, ErrorRow] = {}
    for line in text.strip().splitlines():
        name, code, state, template = line.split("|", 3)
        if name in rows:
            raise ValueError(f"error {name} is declared twice")
        rows[name] = ErrorRow(name, int(code), state, template)
    return rows


ROWS = _rows(
    """
HANDSHAKE_ERROR|1043|08S01|Bad handshake
CON_COUNT_ERROR|1040|08004|Too many connections
DBACCESS_DENIED_ERROR|1044|42000|Access denied for user '{user}'@'{host}' to database '{database}'
ACCESS_DENIED_ERROR|1045|28000|Access denied for user '{user}'@'{host}' (using password: {using})
NO_DB_ERROR|1046|3D000|No database selected
UNKNOWN_COM_ERROR|1047|08S01|Unknown command
BAD_NULL_ERROR|1048|23000|Column '{column}' cannot be null
BAD_DB_ERROR|1049|42000|Unknown database '{database}'
TABLE_EXISTS_ERROR|1050|42S01|Table '{table}' already exists
BAD_TABLE_ERROR|1051|42S02|Unknown table '{table}'
NON_UNIQ_ERROR|1052|23000|Column '{column}' in {clause} is ambiguous
SERVER_SHUTDOWN|1053|08S01|Server shutdown in progress
BAD_FIELD_ERROR|1054|42S22|Unknown column '{column}' in '{clause}'
WRONG_FIELD_WITH_GROUP|1055|42000|Expression #{position} of {clause} is not in GROUP BY clause and contains nonaggregated column '{column}' which is not functionally dependent on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by
WRONG_GROUP_FIELD|1056|42000|Can't group on '{column}'
WRONG_VALUE_COUNT|1058|21S01|Column count doesn't match value count
TOO_LONG_IDENT|1059|42000|Identifier name '{name}' is too long
DUP_FIELDNAME|1060|42S21|Duplicate column name '{column}'
DUP_KEYNAME|1061|42000|Duplicate key name '{key}'
DUP_ENTRY|1062|23000|Duplicate entry '{value!s:.64}' for key '{key}'
WRONG_FIELD_SPEC|1063|42000|Incorrect column specifier for column '{column}'
PARSE_ERROR|1064|42000|{message} near '{near}' at line {line}
SYNTAX_ERROR|1064|42000|You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '{near}' at line {line}
EMPTY_QUERY|1065|42000|Query was empty
NONUNIQ_TABLE|1066|42000|Not unique table/alias: '{table}'
INVALID_DEFAULT|1067|42000|Invalid default value for '{column}'
MULTIPLE_PRI_KEY|1068|42000|Multiple primary key defined
TOO_MANY_KEYS|1069|42000|Too many keys specified; max {limit} keys allowed
TOO_MANY_KEY_PARTS|1070|42000|Too many key parts specified; max {limit} parts allowed
TOO_LONG_KEY|1071|42000|Specified key was too long; max key length is {limit} bytes
KEY_COLUMN_DOES_NOT_EXIST|1072|42000|Key column '{column}' doesn't exist in table
BLOB_USED_AS_KEY|1073|42000|BLOB column '{column}' can't be used in key specification with the used table type
TOO_BIG_FIELDLENGTH|1074|42000|Column length too big for column '{column}' (max = {limit}); use BLOB or TEXT instead
WRONG_AUTO_KEY|1075|42000|Incorrect table definition; there can be only one auto column and it must be defined as a key
NORMAL_SHUTDOWN|1077|00000|{program}: Normal shutdown
WRONG_FIELD_TERMINATORS|1083|42000|Field separator argument is not what is expected; check the manual
NET_PACKETS_OUT_OF_ORDER|1156|08S01|Got packets out of order
NET_READ_ERROR|1158|08S01|Got an error reading communication packets
NET_PACKET_TOO_LARGE|1153|08S01|Got a packet bigger than 'max_allowed_packet' bytes
MALFORMED_PACKET|1835|HY000|Malformed communication packet.
WRONG_SUB_KEY|1089|HY000|Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, or the storage engine doesn't support unique prefix keys
CANT_REMOVE_ALL_FIELDS|1090|42000|You can't delete all columns with ALTER TABLE; use DROP TABLE instead
CANT_DROP_FIELD_OR_KEY|1091|42000|Can't DROP '{name}'; check that column/key exists
UPDATE_TABLE_USED|1093|HY000|You can't specify target table '{table}' for update in FROM clause
NO_SUCH_THREAD|1094|HY000|Unknown thread id: {id}
KILL_DENIED_ERROR|1095|HY000|You are not owner of thread {id}
NO_TABLES_USED|1096|HY000|No tables used
TOO_BIG_SET|1097|HY000|Too many strings for column {column} and SET
TABLE_NOT_LOCKED_FOR_WRITE|1099|HY000|Table '{table}' was locked with a READ lock and can't be updated
TABLE_NOT_LOCKED|1100|HY000|Table '{table}' was not locked with LOCK TABLES
BLOB_CANT_HAVE_DEFAULT|1101|42000|BLOB, TEXT, GEOMETRY or JSON column '{column}' can't have a default value
WRONG_DB_NAME|1102|42000|Incorrect database name '{name}'
WRONG_TABLE_NAME|1103|42000|Incorrect table name '{name}'
TOO_BIG_SELECT|1104|42000|The SELECT would examine more than MAX_JOIN_SIZE rows; check your WHERE and use SET SQL_BIG_SELECTS=1 or SET MAX_JOIN_SIZE=# if the SELECT is okay
UNKNOWN_ERROR|1105|HY000|{message}
UNKNOWN_PROCEDURE|1106|42000|Unknown procedure '{name}'
WRONG_PARAMCOUNT_TO_PROCEDURE|1107|42000|Incorrect parameter count to procedure '{name}'
UNKNOWN_TABLE|1109|42S02|Unknown table '{table}' in {clause}
FIELD_SPECIFIED_TWICE|1110|42000|Column '{column}' specified twice
INVALID_GROUP_FUNC_USE|1111|HY000|Invalid use of group function
TABLE_MUST_HAVE_COLUMNS|1113|42000|A table must have at least 1 column
UNKNOWN_CHARACTER_SET|1115|42000|Unknown character set: '{name}'
TOO_BIG_ROWSIZE|1118|42000|Row size too large. The maximum row size for the used table type, not counting BLOBs, is {limit}. This includes storage overhead, check the manual. You have to change some columns to TEXT or BLOBs
MUST_CHANGE_PASSWORD|1820|HY000|You must reset your password using ALTER USER statement before executing this statement.
PASSWORD_NO_MATCH|1133|42000|Can't find any matching row in the user table
WRONG_VALUE_COUNT_ON_ROW|1136|21S01|Column count doesn't match value count at row {row}
CANT_REOPEN_TABLE|1137|HY000|Can't reopen table: '{table}'
INVALID_USE_OF_NULL|1138|22004|Invalid use of NULL value
REGEXP_ERROR|1139|42000|Got error '{message}' from regexp
MIX_OF_GROUP_FUNC_AND_FIELDS|1140|42000|In aggregated query without GROUP BY, expression #{position} of {clause} contains nonaggregated column '{column}'; this is incompatible with sql_mode=only_full_group_by
NONEXISTING_GRANT|1141|42000|There is no such grant defined for user '{user}' on host '{host}'
TABLEACCESS_DENIED_ERROR|1142|42000|{privilege} command denied to user '{user}'@'{host}' for table '{table}'
COLUMNACCESS_DENIED_ERROR|1143|42000|{privilege} command denied to user '{user}'@'{host}' for column '{column}' in table '{table}'
ILLEGAL_GRANT_FOR_TABLE|1144|42000|Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used
NO_SUCH_TABLE|1146|42S02|Table '{database}.{table}' doesn't exist
NONEXISTING_TABLE_GRANT|1147|42000|There is no such grant defined for user '{user}' on host '{host}' on table '{table}'
TABLE_CANT_HANDLE_AUTO_INCREMENT|1164|42000|The used table type doesn't support AUTO_INCREMENT columns
WRONG_COLUMN_NAME|1166|42000|Incorrect column name '{column}'
WRONG_KEY_COLUMN|1167|42000|The used storage engine can't index column '{column}'
DUP_UNIQUE|1169|23000|Can't write, because of unique constraint, to table '{table}'
BLOB_KEY_WITHOUT_LENGTH|1170|42000|BLOB/TEXT column '{column}' used in key specification without a key length
PRIMARY_CANT_HAVE_NULL|1171|42000|All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead
TOO_MANY_ROWS|1172|42000|Result consisted of more than one row
REQUIRES_PRIMARY_KEY|1173|42000|This table type requires a primary key
KEY_DOES_NOT_EXIST|1176|42000|Key '{key}' doesn't exist in table '{table}'
CHECK_NO_SUCH_TABLE|1177|42000|Can't open table
CHECK_NOT_IMPLEMENTED|1178|42000|The storage engine for the table doesn't support {feature}
CANT_DO_THIS_DURING_AN_TRANSACTION|1179|25000|You are not allowed to execute this command in a transaction
LOCK_OR_ACTIVE_TRANSACTION|1192|HY000|Can't execute the given command because you have active locked tables or an active transaction
UNKNOWN_SYSTEM_VARIABLE|1193|HY000|Unknown system variable '{name}'
CRASHED_ON_USAGE|1194|HY000|Table '{table}' is marked as crashed and should be repaired
WARNING_NOT_COMPLETE_ROLLBACK|1196|HY000|Some non-transactional changed tables couldn't be rolled back
LOCK_WAIT_TIMEOUT|1205|HY000|Lock wait timeout exceeded; try restarting transaction
LOCK_TABLE_FULL|1206|HY000|The total number of locks exceeds the lock table size
SP_FETCH_NO_DATA|1329|02000|No data - zero rows fetched, selected, or processed
READ_ONLY_TRANSACTION|1207|25000|Update locks cannot be acquired during a READ UNCOMMITTED transaction
WRONG_ARGUMENTS|1210|HY000|Incorrect arguments to {function}
NO_PERMISSION_TO_CREATE_USER|1211|42000|'{user}'@'{host}' is not allowed to create new users
LOCK_DEADLOCK|1213|40001|Deadlock found when trying to get lock; try restarting transaction
TABLE_CANT_HANDLE_FT|1214|HY000|The used table type doesn't support FULLTEXT indexes
CANNOT_ADD_FOREIGN|1215|HY000|Cannot add foreign key constraint
NO_REFERENCED_ROW|1216|23000|Cannot add or update a child row: a foreign key constraint fails
ROW_IS_REFERENCED|1217|23000|Cannot delete or update a parent row: a foreign key constraint fails
WRONG_USAGE|1221|HY000|Incorrect usage of {first} and {second}
WRONG_NUMBER_OF_COLUMNS_IN_SELECT|1222|21000|The used SELECT statements have a different number of columns
CANT_UPDATE_WITH_READLOCK|1223|HY000|Can't execute the query because you have a conflicting read lock
DUP_ARGUMENT|1225|HY000|Option '{option}' used twice in statement
TOO_MANY_USER_CONNECTIONS|1203|42000|User {user} already has more than 'max_user_connections' active connections
USER_LIMIT_REACHED|1226|42000|User '{user}' has exceeded the '{resource}' resource (current value: {limit})
SPECIFIC_ACCESS_DENIED_ERROR|1227|42000|Access denied; you need (at least one of) the {privilege} privilege(s) for this operation
LOCAL_VARIABLE|1228|HY000|Variable '{name}' is a SESSION variable and can't be used with SET GLOBAL
GLOBAL_VARIABLE|1229|HY000|Variable '{name}' is a GLOBAL variable and should be set with SET GLOBAL
NO_DEFAULT|1230|42000|Variable '{name}' doesn't have a default value
WRONG_VALUE_FOR_VAR|1231|42000|Variable '{name}' can't be set to the value of '{value}'
WRONG_TYPE_FOR_VAR|1232|42000|Incorrect argument type to variable '{name}'
VAR_CANT_BE_READ|1233|HY000|Variable '{name}' can only be set, not read
CANT_USE_OPTION_HERE|1234|42000|Incorrect usage/placement of '{option}'
NOT_SUPPORTED_YET|1235|42000|This version of sqlnode doesn't yet support '{feature}'
INCORRECT_GLOBAL_LOCAL_VAR|1238|HY000|Variable '{name}' is a {kind} variable
WRONG_FK_DEF|1239|42000|Incorrect foreign key definition for '{name}': {reason}
KEY_REF_DO_NOT_MATCH_TABLE_REF|1240|HY000|Key reference and table reference don't match
OPERAND_COLUMNS|1241|21000|Operand should contain {count} column(s)
SUBQUERY_NO_1_ROW|1242|21000|Subquery returns more than 1 row
UNKNOWN_STMT_HANDLER|1243|HY000|Unknown prepared statement handler ({name}) given to {command}
ILLEGAL_REFERENCE|1247|42S22|Reference '{name}' not supported ({reason})
DERIVED_MUST_HAVE_ALIAS|1248|42000|Every derived table must have its own alias
TABLENAME_NOT_ALLOWED_HERE|1250|42000|Table '{table}' from one of the SELECTs cannot be used in {clause}
NOT_SUPPORTED_AUTH_MODE|1251|08004|Client does not support authentication protocol requested by server; consider upgrading MySQL client
SPATIAL_CANT_HAVE_NULL|1252|42000|All parts of a SPATIAL index must be NOT NULL
COLLATION_CHARSET_MISMATCH|1253|42000|COLLATION '{collation}' is not valid for CHARACTER SET '{charset}'
CUT_VALUE_GROUP_CONCAT|1260|HY000|Row {row} was cut by GROUP_CONCAT()
WARN_TOO_FEW_RECORDS|1261|01000|Row {row} doesn't contain data for all columns
WARN_TOO_MANY_RECORDS|1262|01000|Row {row} was truncated; it contained more data than there were input columns
WARN_NULL_TO_NOTNULL|1263|22004|Column set to default value; NULL supplied to NOT NULL column '{column}' at row {row}
WARN_DATA_OUT_OF_RANGE|1264|22003|Out of range value for column '{column}' at row {row}
WARN_DATA_TRUNCATED|1265|01000|Data truncated for column '{column}' at row {row}
CANT_AGGREGATE_2COLLATIONS|1267|HY000|Illegal mix of collations ({first},{first_coercibility}) and ({second},{second_coercibility}) for operation '{operation}'
CANT_AGGREGATE_3COLLATIONS|1270|HY000|Illegal mix of collations ({first}), ({second}), ({third}) for operation '{operation}'
CANT_AGGREGATE_NCOLLATIONS|1271|HY000|Illegal mix of collations for operation '{operation}'
UNKNOWN_COLLATION|1273|HY000|Unknown collation: '{name}'
WRONG_NAME_FOR_INDEX|1280|42000|Incorrect index name '{name}'
WRONG_NAME_FOR_CATALOG|1281|42000|Incorrect catalog name '{name}'
BAD_FT_COLUMN|1283|HY000|Column '{column}' cannot be part of FULLTEXT index
UNKNOWN_STORAGE_ENGINE|1286|42000|Unknown storage engine '{name}'
WARN_DEPRECATED_SYNTAX|1287|HY000|'{old}' is deprecated and will be removed in a future release. Please use {new} instead
NON_UPDATABLE_TABLE|1288|HY000|The target table {table} of the {statement} is not updatable
FEATURE_DISABLED|1289|HY000|The '{feature}' feature is disabled; you need MySQL built with '{option}' to have it working
DUPLICATED_VALUE_IN_TYPE|1291|HY000|Column '{column}' has duplicated value '{value}' in {kind}
TRUNCATED_WRONG_VALUE|1292|22007|Truncated incorrect {kind} value: '{value!s:.128}'
INCORRECT_COLUMN_VALUE|1292|22007|Incorrect {kind} value: '{value!s:.128}' for column '{column}' at row {row}
INVALID_ON_UPDATE|1294|HY000|Invalid ON UPDATE clause for '{column}' column
OPTION_PREVENTS_STATEMENT|1290|HY000|The MySQL server is running with the {option} option so it cannot execute this statement
UNSUPPORTED_PS|1295|HY000|This command is not supported in the prepared statement protocol yet
GET_ERRMSG|1296|HY000|Got error {code} '{message}' from {source}
UNKNOWN_EXPLAIN_FORMAT|1791|HY000|Unknown EXPLAIN format name: '{format}'
UNKNOWN_TIME_ZONE|1298|HY000|Unknown or incorrect time zone: '{name}'
WARN_INVALID_TIMESTAMP|1299|HY000|Invalid TIMESTAMP value in column '{column}' at row {row}
WRONG_VALUE_FOR_TYPE|1411|HY000|Incorrect {kind} value: '{value}' for function {function}
UNKNOWN_LOCALE|1649|HY000|Unknown locale: '{name}'
INVALID_CHARACTER_STRING|1300|HY000|Invalid {charset} character string: '{value}'
WARN_ALLOWED_PACKET_OVERFLOWED|1301|HY000|Result of {function}() was larger than max_allowed_packet ({limit}) - truncated
SP_ALREADY_EXISTS|1304|42000|{kind} {name} already exists
SP_DOES_NOT_EXIST|1305|42000|{kind} {name} does not exist
QUERY_INTERRUPTED|1317|70100|Query execution was interrupted
SP_WRONG_NO_OF_ARGS|1318|42000|Incorrect number of arguments for {kind} {name}; expected {expected}, got {got}
VIEW_SELECT_CLAUSE|1349|HY000|View's SELECT contains a '{clause}' clause
VIEW_SELECT_VARIABLE|1351|HY000|View's SELECT contains a variable or parameter
VIEW_WRONG_LIST|1353|HY000|In definition of view, derived table or common table expression, SELECT list and column names list have different column counts
VIEW_NO_EXPLAIN|1345|HY000|EXPLAIN/SHOW can not be issued; lacking privileges for underlying table
NO_SUCH_USER|1449|HY000|The user specified as a definer ('{user}'@'{host}') does not exist
VIEW_INVALID|1356|HY000|View '{database}.{view}' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them
WRONG_OBJECT|1347|HY000|'{database}.{name}' is not {expected}
NONUPDATEABLE_COLUMN|1348|HY000|Column '{column}' is not updatable
VIEW_NONUPD_CHECK|1368|HY000|CHECK OPTION on non-updatable view '{database}.{view}'
VIEW_CHECK_FAILED|1369|HY000|CHECK OPTION failed '{database}.{view}'
TRG_DOES_NOT_EXIST|1360|HY000|Trigger does not exist
NO_DEFAULT_FOR_FIELD|1364|HY000|Field '{column}' doesn't have a default value
DIVISION_BY_ZERO|1365|22012|Division by 0
TRUNCATED_WRONG_VALUE_FOR_FIELD|1366|HY000|Incorrect {kind} value: '{value!s:.128}' for column '{column}' at row {row}
ILLEGAL_VALUE_FOR_TYPE|1367|22007|Illegal {kind} '{value}' value found during parsing
PASSWD_LENGTH|1372|HY000|Password hash should be a {length}-digit hexadecimal number
NONEXISTING_PROC_GRANT|1403|42000|There is no such grant defined for user '{user}' on host '{host}' on routine '{routine}'
NO_BINARY_LOGGING|1381|HY000|You are not using binary logging
CANNOT_USER|1396|HY000|Operation {operation} failed for {users}
XAER_NOTA|1397|XAE04|XAER_NOTA: Unknown XID
XAER_RMFAIL|1399|XAE07|XAER_RMFAIL: The command cannot be executed when global transaction is in the  {state} state
DATA_TOO_LONG|1406|22001|Data too long for column '{column}' at row {row}
TABLE_DEF_CHANGED|1412|HY000|Table definition has changed, please retry transaction
SP_NO_DROP_SP|1357|HY000|Can't drop or alter a {kind} from within another stored routine
SP_NOT_VAR_ARG|1414|42000|OUT or INOUT argument {argument} for routine {routine} is not a variable or NEW pseudo-variable in BEFORE trigger
CANT_CREATE_GEOMETRY_OBJECT|1416|22003|Cannot get geometry object from data you send to the GEOMETRY field
COMMIT_NOT_ALLOWED_IN_SF_OR_TRG|1422|HY000|Explicit or implicit commit is not allowed in stored function or trigger.
TOO_BIG_SCALE|1425|42000|Too big scale {scale} specified for column '{column}'. Maximum is {limit}.
TOO_BIG_PRECISION|1426|42000|Too-big precision {precision} specified for '{column}'. Maximum is {limit}.
M_BIGGER_THAN_D|1427|42000|For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '{column}').
TOO_BIG_DISPLAYWIDTH|1439|42000|Display width out of range for column '{column}' (max = {limit})
DATETIME_FUNCTION_OVERFLOW|1441|22008|Datetime function: {field} field overflow
ROW_IS_REFERENCED_2|1451|23000|Cannot delete or update a parent row: a foreign key constraint fails ({constraint})
NO_REFERENCED_ROW_2|1452|23000|Cannot add or update a child row: a foreign key constraint fails ({constraint})
ROW_IS_REFERENCED_BY_TRUNCATE|1701|42000|Cannot truncate a table referenced in a foreign key constraint ({constraint})
NEED_REPREPARE|1615|HY000|Prepared statement needs to be re-prepared
WRONG_PARAMCOUNT_TO_NATIVE_FCT|1582|42000|Incorrect parameter count in the call to native function '{function}'
WRONG_PARAMETERS_TO_NATIVE_FCT|1583|42000|Incorrect parameters in the call to native function '{function}'
AUTOINC_READ_FAILED|1467|HY000|Failed to read auto-increment value from storage engine
MULTI_UPDATE_KEY_CONFLICT|1706|HY000|Primary key/partition key update is not allowed since the table is updated both as '{first}' and '{second}'.
DUP_ENTRY_AUTOINCREMENT_CASE|1569|23000|ALTER TABLE causes auto_increment resequencing, resulting in duplicate entry '{value}' for key '{key}'
XA_ROLLBACK|1402|XA100|XA_RBROLLBACK: Transaction branch was rolled back
TOO_LONG_INDEX_COMMENT|1688|HY000|Comment for index '{name}' is too long (max = {limit})
FUNC_INEXISTENT_NAME_COLLISION|1630|42000|FUNCTION {name} does not exist. Check the 'Function Name Parsing and Resolution' section in the Reference Manual
TOO_LONG_TABLE_COMMENT|1628|HY000|Comment for table '{name}' is too long (max = {limit})
TOO_LONG_FIELD_COMMENT|1629|HY000|Comment for field '{name}' is too long (max = {limit})
DATA_OUT_OF_RANGE|1690|22003|{kind} value is out of range in '{expression}'
TABLE_IN_FK_CHECK|1725|HY000|Table is being used in foreign key check.
VALUES_IS_NOT_INT_TYPE|1697|HY000|VALUES value for partition '{partition}' must have type INT
PARTITION_MGMT_ON_NONPARTITIONED|1505|HY000|Partition management on a not partitioned table is not possible
UNKNOWN_PARTITION|1735|HY000|Unknown partition '{partition}' in table '{table}'
EVENT_DOES_NOT_EXIST|1539|HY000|Unknown event '{name}'
CANT_CHANGE_TX_CHARACTERISTICS|1568|25001|Transaction characteristics can't be changed while a transaction is in progress
PS_MANY_PARAM|1390|HY000|Prepared statement contains too many placeholders
MAX_PREPARED_STMT_COUNT_REACHED|1461|42000|Can't create more than max_prepared_stmt_count statements (current value: {limit})
CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|1792|25006|Cannot execute statement in a READ ONLY transaction.
INNODB_NO_FT_TEMP_TABLE|1796|HY000|Cannot create FULLTEXT index on temporary InnoDB table
FK_COLUMN_NOT_NULL|1830|HY000|Column '{column}' cannot be NOT NULL: needed in a foreign key constraint '{constraint}' SET NULL
DUP_CONSTRAINT_NAME|1826|HY000|Duplicate foreign key constraint name '{name}'
FK_COLUMN_CANNOT_CHANGE|1832|HY000|Cannot change column '{column}': used in a foreign key constraint '{constraint}'
FK_COLUMN_CANNOT_CHANGE_CHILD|1833|HY000|Cannot change column '{column}': used in a foreign key constraint '{constraint}' of table '{table}'
FK_COLUMN_CANNOT_DROP|1828|HY000|Cannot drop column '{column}': needed in a foreign key constraint '{constraint}'
FK_COLUMN_CANNOT_DROP_CHILD|1829|HY000|Cannot drop column '{column}': needed in a foreign key constraint '{constraint}' of table '{table}'
FK_NO_INDEX_CHILD|1821|HY000|Failed to add the foreign key constraint. Missing index for constraint '{constraint}' in the foreign table '{table}'
FK_NO_INDEX_PARENT|1822|HY000|Failed to add the foreign key constraint. Missing index for constraint '{constraint}' in the referenced table '{table}'
FK_CANNOT_OPEN_PARENT|1824|HY000|Failed to open the referenced table '{table}'
DROP_INDEX_FK|1553|HY000|Cannot drop index '{index}': needed in a foreign key constraint
FK_INCORRECT_OPTION|1825|HY000|Failed to add the foreign key constraint on table '{table}'. Incorrect options in FOREIGN KEY constraint '{constraint}'
ALTER_OPERATION_NOT_SUPPORTED|1845|0A000|{operation} is not supported for this operation. Try {alternative}.
ALTER_OPERATION_NOT_SUPPORTED_REASON|1846|0A000|{operation} is not supported. Reason: {reason}. Try {alternative}.
DUP_UNKNOWN_IN_INDEX|1859|23000|Duplicate entry for key '{key}'
DUP_INDEX|1831|HY000|Duplicate index '{index}' defined on the table '{table}'. This is deprecated and will be disallowed in a future release.
INVALID_BITWISE_OPERANDS_SIZE|3513|HY000|Binary operands of bitwise operators must be of equal length
INVALID_ARGUMENT_FOR_LOGARITHM|3020|2201E|Invalid argument for logarithm
MAX_EXECUTION_TIME_EXCEEDED|3024|HY000|Query execution was interrupted, maximum statement execution time exceeded
FIELD_IN_ORDER_NOT_SELECT|3065|HY000|Expression #{position} of ORDER BY clause is not in SELECT list, references column '{column}' which is not in SELECT list; this is incompatible with {reason}
AGGREGATE_IN_ORDER_NOT_SELECT|3066|HY000|Expression #{position} of ORDER BY clause is not in SELECT list, contains aggregate function; this is incompatible with {reason}
AGGREGATE_ORDER_FOR_UNION|3028|HY000|Expression #{position} of ORDER BY contains aggregate function and applies to a UNION, EXCEPT or INTERSECT
AGGREGATE_ORDER_NON_AGG_QUERY|3029|HY000|Expression #{position} of ORDER BY contains aggregate function and applies to the result of a non-aggregated query
USER_LOCK_WRONG_NAME|3057|42000|Incorrect user-level lock name '{name}'.
USER_LOCK_DEADLOCK|3058|HY000|Deadlock found when trying to get user-level lock; try rolling back transaction/releasing locks and restarting lock acquisition.
GENERATED_COLUMN_FUNCTION_IS_NOT_ALLOWED|3102|HY000|Expression of generated column '{column}' contains a disallowed function.
UNSUPPORTED_ON_GENERATED_COLUMN|3106|HY000|'{feature}' is not supported for generated columns.
GENERATED_COLUMN_NON_PRIOR|3107|HY000|Generated column can refer only to generated columns defined prior to it.
DEPENDENT_BY_GENERATED_COLUMN|3108|HY000|Column '{column}' has a generated column dependency.
NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN|3105|HY000|The value specified for generated column '{column}' in table '{table}' is not allowed.
INVALID_JSON_TEXT|3140|22032|Invalid JSON text: "{message}" at position {position} in value for column '{column}'.
INVALID_JSON_TEXT_IN_PARAM|3141|22032|Invalid JSON text in argument {argument} to function {function}: "{message}" at position {position}.
INVALID_JSON_PATH|3143|42000|Invalid JSON path expression. The error is around character position {position}.
INVALID_JSON_CHARSET|3144|22032|Cannot create a JSON value from a string with CHARACTER SET '{charset}'.
INVALID_TYPE_FOR_JSON|3146|22032|Invalid data type for JSON data in argument {argument} to function {function}; a JSON string or JSON type is required.
INVALID_CAST_TO_JSON|3147|22032|Cannot CAST value to JSON.
INVALID_JSON_PATH_WILDCARD|3149|42000|In this situation, path expressions may not contain the * and ** tokens or an array range.
JSON_VACUOUS_PATH|3153|42000|The path expression '$' is not allowed in this context.
JSON_BAD_ONE_OR_ALL_ARG|3154|42000|The oneOrAll argument to {function} may take these values: 'one' or 'all'.
INVALID_JSON_PATH_ARRAY_CELL|3165|42000|A path expression is not a path to a cell in an array.
JSON_VALUE_TOO_BIG|3150|22032|The JSON value is too big to be stored in a JSON column.
JSON_USED_AS_KEY|3152|42000|JSON column '{column}' supports indexing only via generated columns on a specified JSON path.
JSON_DOCUMENT_NULL_KEY|3158|22032|JSON documents may not contain NULL member names.
INVALID_JSON_VALUE_FOR_CAST|3156|22018|Invalid JSON value for CAST to {kind} from column {column} at row {row}
JSON_DOCUMENT_TOO_DEEP|3157|22032|The JSON document exceeds the maximum depth.
ACCOUNT_HAS_BEEN_LOCKED|3118|HY000|Access denied for user '{user}'@'{host}'. Account is locked.
UNKNOWN_AUTHID|3523|HY000|Unknown authorization ID {user}
WINDOW_NO_SUCH_WINDOW|3579|HY000|Window name '{name}' is not defined.
WINDOW_INVALID_WINDOW_FUNC_USE|3593|HY000|You cannot use the window function '{name}' in this context.
LOCK_NOWAIT|3572|HY000|Statement aborted because lock(s) could not be acquired immediately and NOWAIT is set.
CTE_RECURSIVE_REQUIRES_UNION|3573|HY000|Recursive Common Table Expression '{name}' should contain a UNION
UNRESOLVED_TABLE_LOCK|3568|HY000|Unresolved table name {table} in locking clause.
DUPLICATE_TABLE_LOCK|3569|HY000|Table {table} appears in multiple locking clauses.
UNSUPPORTED_SQL_MODE|3732|HY000|sql_mode={mode} is not supported.
NO_SYSTEM_TABLE_ACCESS|3554|HY000|Access to {kind} '{name}' is rejected.
FK_CANNOT_DROP_PARENT|3730|HY000|Cannot drop table '{table}' referenced by a foreign key constraint '{constraint}' on table '{child}'.
FK_INCOMPATIBLE_COLUMNS|3780|HY000|Referencing column '{column}' and referenced column '{referenced}' in foreign key constraint '{constraint}' are incompatible.
FK_COLUMN_TYPE_CHANGE|3781|HY000|Column '{column}' cannot be changed: used in foreign key '{constraint}'
DEFAULT_VAL_GENERATED_NAMED_FUNCTION_IS_NOT_ALLOWED|3770|HY000|Default value expression of column '{column}' contains a disallowed function: {function}.
DEFAULT_AS_VAL_GENERATED|3773|HY000|DEFAULT function cannot be used with default value expressions
FUNCTIONAL_INDEX_ON_FIELD|3762|HY000|Functional index on a column is not supported. Consider using a regular index instead.
CHECK_CONSTRAINT_VIOLATED|3819|HY000|Check constraint '{name}' is violated.
FK_DEPTH_EXCEEDED|3008|HY000|Foreign key cascade delete/update exceeds max depth of {limit}.
CHECK_CONSTRAINT_NOT_FOUND|3821|HY000|Check constraint '{name}' is not found in the table.
CHECK_CONSTRAINT_DUP_NAME|3822|HY000|Duplicate check constraint name '{name}'.
CHECK_CONSTRAINT_REFERS_UNKNOWN_COLUMN|3820|HY000|Check constraint '{name}' refers to non-existing column '{column}'.
CHECK_CONSTRAINT_FUNCTION|3814|HY000|An expression of a check constraint '{name}' contains disallowed function: {function}.
COLUMN_CHECK_CONSTRAINT_REFERENCES_OTHER_COLUMN|3813|HY000|Column check constraint '{name}' references other column.
CHECK_CONSTRAINT_REFERS_AUTO_INCREMENT_COLUMN|3818|HY000|Check constraint '{name}' cannot refer to an auto-increment column.
CHECK_CONSTRAINT_FK_ACTION|3823|HY000|Column '{column}' cannot be used in a check constraint '{name}': needed in a foreign key constraint '{constraint}' referential action.
DEPENDENT_BY_CHECK_CONSTRAINT|3959|HY000|Check constraint '{name}' uses column '{column}', hence column cannot be dropped or renamed.
CONSTRAINT_NOT_FOUND|3940|HY000|Constraint '{name}' does not exist.
TABLE_WITHOUT_PK|3750|HY000|Unable to create or change a table without a primary key, when the system variable 'sql_require_primary_key' is set.
PK_INDEX_CANT_BE_INVISIBLE|3522|HY000|A primary key index cannot be invisible
CLIENT_LOCAL_FILES_DISABLED|3948|42000|Loading local data is disabled; this must be enabled on both the client and server sides
FILE_NOT_FOUND|29|HY000|File '{file}' not found (OS errno {errno} - {reason})
CLIENT_INTERACTION_TIMEOUT|4031|HY000|The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.
REGEXP_ILLEGAL_ARGUMENT|3685|HY000|Illegal argument to a regular expression.
REGEXP_RULE_SYNTAX|3688|HY000|Syntax error in regular expression on line {line}, character {position}.
REGEXP_INDEX_OUTOFBOUNDS|3686|HY000|Index out of bounds in regular expression search.
REGEXP_BAD_ESCAPE_SEQUENCE|3689|HY000|Unrecognized escape sequence in regular expression.
REGEXP_MAX_LT_MIN|3693|HY000|The maximum is less than the minimum in a {{min,max}} interval.
REGEXP_MISMATCHED_PAREN|3691|HY000|Mismatched parenthesis in regular expression.
REGEXP_MISSING_CLOSE_BRACKET|3696|HY000|The regular expression contains an unclosed bracket expression.
REGEXP_STACK_OVERFLOW|3698|HY000|Overflow in the regular expression backtrack stack.
TOO_MANY_TABLES|1116|HY000|Too many tables; MySQL can only use {limit} tables in a join
STACK_OVERRUN|1436|HY000|Thread stack overrun: the statement is nested too deeply
REGEXP_BAD_INTERVAL|3692|HY000|Incorrect description of a {{min,max}} interval.
RESERVED_SYNTAX|1382|HY000|The '{syntax}' syntax is reserved for purposes internal to the MySQL server
OPTION_IGNORED|1618|HY000|<{option}> option ignored
AES_INVALID_IV|1882|HY000|The initialization vector supplied to {function} is too short. Must be at least {size} bytes long
INCORRECT_TYPE|3064|HY000|Incorrect type for argument {argument} in function {function}.
WRONG_VALUE|1525|HY000|Incorrect {kind} value: '{value}'
REMOVED_SPACES|1466|HY000|Leading spaces are removed from name '{name}'
VIEW_RECURSIVE|1462|HY000|`{database}`.`{view}` contains view recursion
UPDATE_WITHOUT_KEY_IN_SAFE_MODE|1175|HY000|You are using safe update mode and you tried to update a table without a WHERE that uses a KEY column.
SP_UNDECLARED_VAR|1327|42000|Undeclared variable: {name}
NON_INSERTABLE_TABLE|1471|HY000|The target table {table} of the {statement} is not insertable-into
VIEW_MULTIUPDATE|1393|HY000|Can not modify more than one base table through a join view '{database}.{view}'
VIEW_DELETE_MERGE_VIEW|1395|HY000|Can not delete from join view '{database}.{view}'
PARTITION_CLAUSE_ON_NONPARTITIONED|1747|HY000|PARTITION () clause on non partitioned table
KEY_PART_0|1391|HY000|Key part '{column}' length cannot be 0
TOO_MANY_FIELDS|1117|42000|Too many columns
GENERATED_COLUMN_REF_AUTO_INC|3109|HY000|Generated column '{column}' cannot refer to auto-increment column.
GENERATED_COLUMN_VARIABLES|3765|HY000|Expression of generated column '{column}' cannot refer user or system variables.
DEFAULT_VAL_GENERATED_VARIABLES|3772|HY000|Default value expression of column '{column}' cannot refer user or system variables.
GENERATED_COLUMN_NAMED_FUNCTION_IS_NOT_ALLOWED|3763|HY000|Expression of generated column '{column}' contains a disallowed function: {function}.
NON_BOOLEAN_EXPR_FOR_CHECK_CONSTRAINT|3812|HY000|An expression of non-boolean type specified to a check constraint '{name}'.
CHECK_CONSTRAINT_VARIABLES|3816|HY000|An expression of a check constraint '{name}' cannot refer to a user or system variable.
DEFAULT_VAL_GENERATED_NON_PRIOR|3767|HY000|Default value expression of column '{column}' cannot refer to a column defined after it if that column is a generated column or has an expression as default value.
DEFAULT_VAL_GENERATED_REF_AUTO_INC|3768|HY000|Default value expression of column '{column}' cannot refer to an auto-increment column.
FK_CANNOT_USE_VIRTUAL_COLUMN|3733|HY000|Foreign key '{constraint}' uses virtual column '{column}' which is not supported.
FK_NO_COLUMN_PARENT|3734|HY000|Failed to add the foreign key constraint. Missing column '{column}' for constraint '{constraint}' in the referenced table '{table}'
WRONG_FK_OPTION_FOR_GENERATED_COLUMN|3104|HY000|Cannot define foreign key with {action} clause on a generated column.
DB_CREATE_EXISTS|1007|HY000|Can't create database '{database}'; database exists
DB_DROP_EXISTS|1008|HY000|Can't drop database '{database}'; database doesn't exist
TABLE_CANT_BE_WITHOUT_VISIBLE_COLUMN|4028|HY000|A table must have at least one visible column.
CONFLICTING_DECLARATIONS|1302|HY000|Conflicting declarations: '{first}' and '{second}'
UNKNOWN_ALTER_ALGORITHM|1800|HY000|Unknown ALGORITHM '{name}'
UNKNOWN_ALTER_LOCK|1801|HY000|Unknown LOCK type '{name}'
CANNOT_USER_GRANT|1410|42000|You are not allowed to create a user with GRANT
PLUGIN_IS_NOT_LOADED|1524|HY000|Plugin '{plugin}' is not loaded
PASSWORD_FORMAT|1827|HY000|The password hash doesn't have the expected format.
REVOKE_GRANTS|1269|HY000|Can't revoke all privileges for one or more of the requested users
ILLEGAL_PRIVILEGE_LEVEL|3619|HY000|Illegal privilege level specified for {privilege}
PASSWORD_ANONYMOUS_USER|1131|42000|You are using MySQL as an anonymous user and anonymous users are not allowed to change passwords
INCORRECT_CURRENT_PASSWORD|3891|HY000|Incorrect current password. Specify the correct password which has to be replaced.
NO_SYSTEM_SCHEMA_ACCESS|3552|HY000|Access to system schema '{name}' is rejected.
DEPENDENT_BY_DEFAULT_GENERATED_VALUE|3766|HY000|Column '{column}' of table '{table}' has a default value expression dependency and cannot be dropped or renamed.
DEPENDENT_BY_FUNCTIONAL_INDEX|3837|HY000|Column '{column}' has a functional index dependency and cannot be dropped or renamed.
FUNCTIONAL_INDEX_ON_JSON_OR_GEOMETRY_FUNCTION|3753|HY000|Cannot create a functional index on an expression that returns a JSON or GEOMETRY value.
FUNCTIONAL_INDEX_PRIMARY_KEY|3756|HY000|The primary key cannot be a functional index
FUNCTIONAL_INDEX_ON_LOB|3757|HY000|Cannot create a functional index on an expression that returns a BLOB or TEXT. Please consider using CAST.
FUNCTIONAL_INDEX_FUNCTION_IS_NOT_ALLOWED|3758|HY000|Expression of functional index '{name}' contains a disallowed function.
FORUPDATE_CANT_RETRY|8002|HY000|[{start_ts}] can not retry select for update statement
TXN_TOO_LARGE|8004|HY000|Transaction is too large, size: {size}
TXN_RETRYABLE|8022|HY000|Error: KV error safe to retry {message} [try again later]
ENTRY_TOO_LARGE|8025|HY000|entry too large, the max entry size is {limit}, the size of data is {size}
INFO_SCHEMA_CHANGED|8028|HY000|Information schema is changed during the execution of the statement(for example, table definition may be updated by other DDL ran in parallel). If you see this error often, try increasing `tidb_max_delta_schema_count`. [try again later]
UNSUPPORTED_ISOLATION_LEVEL|8048|HY000|The isolation level '{level}' is not supported. Set tidb_skip_isolation_level_check=1 to skip this error
TXN_ABORTED_BY_GC|9006|HY000|GC life time is shorter than transaction duration, transaction starts at {start}, GC safe point is {safe_point}
WRITE_CONFLICT|9007|HY000|Write conflict, txnStartTS={start_ts}, conflictStartTS={conflict_start_ts}, conflictCommitTS={conflict_commit_ts}, key={key}, reason={reason} [try again later]
STORE_UNAVAILABLE|9005|HY000|Region is unavailable
RESOLVE_LOCK_TIMEOUT|9004|HY000|Resolve lock timeout
PD_SERVER_TIMEOUT|9001|HY000|PD server timeout
RESULT_UNDETERMINED|1105|HY000|execution result undetermined
"""
)


def __getattr__(name: str) -> ErrorRow:
    """Rows by name, so that `from sqlnode.base.errors import DUP_ENTRY` works and a wrong name fails at import."""
    try:
        return ROWS[name]
    except KeyError:
        raise AttributeError(f"no error named {name}") from None
