// Checks of github.com/go-sql-driver/mysql against a server. Arguments: host:port. Prints `ok NAME` or `FAIL NAME: why`.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var address string

type check struct {
	name string
	run  func(*sql.DB) error
}

func open(dsn string) *sql.DB {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		panic(err)
	}
	db.SetMaxOpenConns(4)
	return db
}

func dsn(user, options string) string {
	return fmt.Sprintf("%s@tcp(%s)/test?%s", user, address, options)
}

func want(found, expected any) error {
	if fmt.Sprint(found) != fmt.Sprint(expected) {
		return fmt.Errorf("%v, not %v", found, expected)
	}
	return nil
}

func isCode(err error, code uint16) error {
	var failure *mysql.MySQLError
	if !errors.As(err, &failure) || failure.Number != code {
		return fmt.Errorf("%v, not error %d", err, code)
	}
	return nil
}

func roundTrip(db *sql.DB) error {
	if _, err := db.Exec("DROP TABLE IF EXISTS go_kinds"); err != nil {
		return err
	}
	_, err := db.Exec(`CREATE TABLE go_kinds (id BIGINT PRIMARY KEY AUTO_INCREMENT, i INT, u BIGINT UNSIGNED, d DECIMAL(20,5),
		f DOUBLE, s VARCHAR(100), b VARBINARY(100), t DATETIME(6), ts TIMESTAMP NULL, da DATE, tm TIME, j JSON, bit1 BIT(1),
		flag TINYINT(1), y YEAR, e ENUM('a','b'))`)
	if err != nil {
		return err
	}
	moment := time.Date(2024, 2, 29, 23, 59, 58, 123456000, time.UTC)
	result, err := db.Exec("INSERT INTO go_kinds (i, u, d, f, s, b, t, ts, da, tm, j, bit1, flag, y, e) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, b'1', ?, ?, ?)",
		-42, uint64(18446744073709551615), "12345.67890", 0.1, "größe 😀", []byte{0, 255, 39}, moment, moment.Truncate(time.Second),
		"2024-02-29", "-12:34:56", `{"a": [1, null]}`, true, 2024, "b")
	if err != nil {
		return err
	}
	id, _ := result.LastInsertId()
	if err := want(id, 1); err != nil {
		return err
	}
	for _, condition := range []string{"id = 1", "id = ?", "i < ? AND u > 1"} {
		arguments := []any{}
		if strings.Contains(condition, "?") {
			arguments = append(arguments, 1)
		}
		var (
			i              int64
			u              uint64
			d, s, tm, j, e string
			f              float64
			b, bit         []byte
			at, ts, da     time.Time
			flag           bool
			y              int
		)
		row := db.QueryRow("SELECT i, u, d, f, s, b, t, ts, da, tm, j, bit1, flag, y, e FROM go_kinds WHERE "+condition, arguments...)
		if err := row.Scan(&i, &u, &d, &f, &s, &b, &at, &ts, &da, &tm, &j, &bit, &flag, &y, &e); err != nil {
			return fmt.Errorf("%s: %w", condition, err)
		}
		found := fmt.Sprint(i, u, d, f, s, b, at.UTC(), ts.UTC(), da.Format("2006-01-02"), tm, j, bit, flag, y, e)
		expected := fmt.Sprint(-42, uint64(18446744073709551615), "12345.67890", 0.1, "größe 😀", []byte{0, 255, 39}, moment,
			moment.Truncate(time.Second), "2024-02-29", "-12:34:56", `{"a": [1, null]}`, []byte{1}, true, 2024, "b")
		if found != expected {
			return fmt.Errorf("%s: %s, not %s", condition, found, expected)
		}
	}
	if _, err := db.Exec("INSERT INTO go_kinds () VALUES ()"); err != nil {
		return err
	}
	var name sql.NullString
	var number sql.NullInt64
	if err := db.QueryRow("SELECT s, i FROM go_kinds WHERE id = ?", 2).Scan(&name, &number); err != nil {
		return err
	}
	return want(fmt.Sprint(name.Valid, number.Valid), "false false")
}

func transactions(db *sql.DB) error {
	ctx := context.Background()
	if _, err := db.Exec("DROP TABLE IF EXISTS go_accounts"); err != nil {
		return err
	}
	if _, err := db.Exec("CREATE TABLE go_accounts (id INT PRIMARY KEY, balance INT)"); err != nil {
		return err
	}
	if _, err := db.Exec("INSERT INTO go_accounts VALUES (1, 100), (2, 0)"); err != nil {
		return err
	}
	for _, isolation := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: isolation})
		if err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE go_accounts SET balance = balance - ? WHERE id = ?", 10, 1); err != nil {
			return err
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE go_accounts SET balance = 0")
	if err := isCode(err, 1792); err != nil {
		return err
	}
	_ = tx.Rollback()
	tx, _ = db.Begin()
	if _, err := tx.Exec("UPDATE go_accounts SET balance = balance - 30 WHERE id = 1"); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE go_accounts SET balance = balance + 30 WHERE id = 2"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	var first, second int
	if err := db.QueryRow("SELECT SUM(IF(id = 1, balance, 0)), SUM(IF(id = 2, balance, 0)) FROM go_accounts").Scan(&first, &second); err != nil {
		return err
	}
	return want(fmt.Sprint(first, second), "70 30")
}

func statements(db *sql.DB) error {
	statement, err := db.Prepare("SELECT ? + 1, ?, UPPER(?)")
	if err != nil {
		return err
	}
	defer statement.Close()
	for i := 0; i < 50; i++ {
		var number float64
		var bytesBack []byte
		var text string
		if err := statement.QueryRow(i, []byte{byte(i)}, "é").Scan(&number, &bytesBack, &text); err != nil {
			return err
		}
		if err := want(fmt.Sprint(number, bytesBack, text), fmt.Sprint(i+1, []byte{byte(i)}, "É")); err != nil {
			return err
		}
	}
	if _, err := db.Prepare("SELECT FROM"); isCode(err, 1064) != nil {
		return err
	}
	_, err = db.Exec("INSERT INTO go_kinds (id) VALUES (?)", 1)
	if err := isCode(err, 1062); err != nil {
		return err
	}
	_, err = db.Query("SELECT * FROM go_missing WHERE id = ?", 1)
	return isCode(err, 1146)
}

func large(db *sql.DB) error {
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS go_large (id INT PRIMARY KEY, data LONGBLOB)"); err != nil {
		return err
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20+7)
	if _, err := db.Exec("REPLACE INTO go_large VALUES (?, ?)", 1, data); err != nil {
		return err
	}
	var back []byte
	if err := db.QueryRow("SELECT data FROM go_large WHERE id = ?", 1).Scan(&back); err != nil {
		return err
	}
	if !bytes.Equal(data, back) {
		return fmt.Errorf("%d bytes came back as %d", len(data), len(back))
	}
	return nil
}

func columnTypes(db *sql.DB) error {
	rows, err := db.Query("SELECT id, u, d, s, b, t, j, f, flag, e FROM go_kinds LIMIT 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	found := []string{}
	for _, kind := range kinds {
		nullable, _ := kind.Nullable()
		text := fmt.Sprintf("%s:%s:%v", kind.Name(), kind.DatabaseTypeName(), nullable)
		if precision, scale, ok := kind.DecimalSize(); ok && kind.DatabaseTypeName() == "DECIMAL" {
			text += fmt.Sprintf("(%d,%d)", precision, scale)
		}
		found = append(found, text)
	}
	return want(strings.Join(found, " "), "id:BIGINT:false u:UNSIGNED BIGINT:true d:DECIMAL:true(20,5) s:VARCHAR:true "+
		"b:VARBINARY:true t:DATETIME:true j:JSON:true f:DOUBLE:true flag:TINYINT:true e:ENUM:true")
}

func cancel(db *sql.DB) error {
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	started := time.Now()
	_, err := db.ExecContext(ctx, "SELECT SLEEP(20)")
	if err == nil || time.Since(started) > 5*time.Second {
		return fmt.Errorf("not cancelled: %v", err)
	}
	var one int
	return db.QueryRow("SELECT 1").Scan(&one)
}

func several(*sql.DB) error {
	db := open(dsn("root", "multiStatements=true"))
	defer db.Close()
	rows, err := db.Query("SELECT 1; SET @x = 5; SELECT @x + 1, 'y'")
	if err != nil {
		return err
	}
	defer rows.Close()
	found := []string{}
	for {
		columns, _ := rows.Columns()
		for rows.Next() {
			values := make([]any, len(columns))
			texts := make([]sql.NullString, len(columns))
			for i := range values {
				values[i] = &texts[i]
			}
			if err := rows.Scan(values...); err != nil {
				return err
			}
			for _, text := range texts {
				found = append(found, text.String)
			}
		}
		if !rows.NextResultSet() {
			break
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return want(strings.Join(found, " "), "1 6 y")
}

func localInfile(db *sql.DB) error {
	mysql.RegisterReaderHandler("rows", func() io.Reader {
		return strings.NewReader("1,one\n2,two\n3,\\N\n")
	})
	if _, err := db.Exec("DROP TABLE IF EXISTS go_loaded"); err != nil {
		return err
	}
	if _, err := db.Exec("CREATE TABLE go_loaded (id INT PRIMARY KEY, name VARCHAR(20))"); err != nil {
		return err
	}
	result, err := db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE go_loaded FIELDS TERMINATED BY ','")
	if err != nil {
		return err
	}
	count, _ := result.RowsAffected()
	return want(count, 3)
}

func foundRows(*sql.DB) error {
	counts := []string{}
	for _, option := range []string{"clientFoundRows=true", "clientFoundRows=false"} {
		db := open(dsn("root", option))
		result, err := db.Exec("UPDATE go_accounts SET balance = balance WHERE id IN (?, ?)", 1, 2)
		if err != nil {
			return err
		}
		count, _ := result.RowsAffected()
		counts = append(counts, fmt.Sprint(count))
		db.Close()
	}
	return want(strings.Join(counts, " "), "2 0")
}

func accounts(db *sql.DB) error {
	for _, plugin := range []string{"caching_sha2_password", "mysql_native_password"} {
		user := "go_" + plugin[:5]
		if _, err := db.Exec("DROP USER IF EXISTS " + user); err != nil {
			return err
		}
		if _, err := db.Exec(fmt.Sprintf("CREATE USER %s IDENTIFIED WITH %s BY 'secret'", user, plugin)); err != nil {
			return err
		}
		if _, err := db.Exec("GRANT ALL ON test.* TO " + user); err != nil {
			return err
		}
		for _, options := range []string{"tls=false", "tls=skip-verify", "tls=false", "tls=preferred"} {
			as := open(dsn(user+":secret", options))
			var name string
			if err := as.QueryRow("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)").Scan(&name); err != nil {
				return fmt.Errorf("%s %s: %w", plugin, options, err)
			}
			as.Close()
			if err := want(name, user); err != nil {
				return err
			}
		}
		wrong := open(dsn(user+":wrong", "tls=false"))
		if err := isCode(wrong.Ping(), 1045); err != nil {
			return err
		}
		wrong.Close()
	}
	return nil
}

func main() {
	address = os.Args[1]
	modes := map[string]string{
		"defaults":     "parseTime=true",
		"tls":          "parseTime=true&tls=skip-verify",
		"interpolated": "parseTime=true&interpolateParams=true",
		"configured":   "parseTime=true&charset=utf8mb4&collation=utf8mb4_unicode_ci&time_zone=%27%2B00%3A00%27&maxAllowedPacket=0",
		"compressed":   "parseTime=true&compress=true",
	}
	checks := []check{{"round trip", roundTrip}, {"transactions", transactions}, {"statements", statements}, {"large values", large}}
	once := []check{{"column types", columnTypes}, {"cancel", cancel}, {"several results", several}, {"local infile", localInfile},
		{"found rows", foundRows}, {"accounts", accounts}}
	for _, mode := range []string{"defaults", "tls", "interpolated", "configured", "compressed"} {
		db := open(dsn("root", modes[mode]))
		for _, one := range checks {
			report(one.name+" "+mode, one.run(db))
		}
		if mode == "defaults" {
			for _, one := range once {
				report(one.name, one.run(db))
			}
		}
		db.Close()
	}
}

func report(name string, err error) {
	if err != nil {
		fmt.Printf("FAIL %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}
