// Checks of gorm on its MySQL driver against a server. Arguments: host:port. Prints `ok NAME` or `FAIL NAME: why`.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// statements keeps the text of what is sent.
type statements struct {
	logger.Interface
	lock sync.Mutex
	sent []string
}

func (s *statements) Trace(_ context.Context, _ time.Time, text func() (string, int64), _ error) {
	statement, _ := text()
	s.lock.Lock()
	defer s.lock.Unlock()
	s.sent = append(s.sent, strings.TrimSpace(statement))
}

func (s *statements) LogMode(logger.LogLevel) logger.Interface { return s }

var address string

func open(options string, config gorm.Config) *gorm.DB {
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(mysql.Open(fmt.Sprintf("root@tcp(%s)/shop?charset=utf8mb4&parseTime=True&loc=UTC%s", address, options)), &config)
	must(err)
	pool, err := db.DB()
	must(err)
	pool.SetMaxOpenConns(5)
	return db
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func want(found, expected any) {
	if !reflect.DeepEqual(found, expected) && fmt.Sprint(found) != fmt.Sprint(expected) {
		panic(fmt.Errorf("%v, not %v", found, expected))
	}
}

func isCode(err error, code uint16) {
	var failure *driver.MySQLError
	if !errors.As(err, &failure) || failure.Number != code {
		panic(fmt.Errorf("%v, not error %d", err, code))
	}
}

func check(name string, run func()) {
	defer func() {
		if failure := recover(); failure != nil {
			fmt.Printf("FAIL %s: %s\n", name, strings.ReplaceAll(fmt.Sprint(failure), "\n", " "))
		}
	}()
	run()
	fmt.Printf("ok %s\n", name)
}

var models = []any{&Company{}, &User{}, &Card{}, &Order{}, &Language{}, &Note{}, &Kinds{}, &Stock{}}

func definitions(db *gorm.DB) map[string]string {
	tables, err := db.Migrator().GetTables()
	must(err)
	all := map[string]string{}
	for _, table := range tables {
		var name, text string
		must(db.Raw("SHOW CREATE TABLE `"+table+"`").Row().Scan(&name, &text))
		all[name] = text
	}
	return all
}

// changes runs AutoMigrate and tells the definitions that it sent.
func changes(db *gorm.DB) []string {
	seen := &statements{}
	must(db.Session(&gorm.Session{Logger: seen}).AutoMigrate(models...))
	found := []string{}
	for _, text := range seen.sent {
		if !strings.HasPrefix(text, "SELECT") && !strings.HasPrefix(text, "SHOW") {
			found = append(found, text)
		}
	}
	return found
}

func migrate(db *gorm.DB) {
	want(len(changes(db)) > 8, true)
	before := definitions(db)
	want(len(before), 10)
	want(changes(db), []string{})
	want(definitions(db), before)
}

func alter(db *gorm.DB) {
	m := db.Migrator()
	must(m.DropColumn(&User{}, "Age"))
	want(m.HasColumn(&User{}, "Age"), false)
	must(m.DropIndex(&Company{}, "company_name"))
	must(m.DropConstraint(&Order{}, "fk_users_orders"))
	want(m.HasConstraint(&User{}, "fk_users_orders"), false)
	must(db.Exec("ALTER TABLE users MODIFY name VARCHAR(50)").Error)
	must(db.Exec("ALTER TABLE orders ALTER state SET DEFAULT 'paid'").Error)
	found := changes(db)
	want(len(found) >= 5, true)
	want(changes(db), []string{})
	want(m.HasColumn(&User{}, "Age"), true)
	want(m.HasIndex(&Company{}, "company_name"), true)
	want(m.HasIndex(&User{}, "user_name_age"), true)
	want(m.HasConstraint(&User{}, "fk_users_orders"), true)
	want(m.HasConstraint(&User{}, "user_age"), true)
	must(m.RenameColumn(&Language{}, "name", "title"))
	want(m.HasColumn(&Language{}, "title"), true)
	must(m.RenameColumn(&Language{}, "title", "name"))
	must(m.RenameIndex(&User{}, "user_name_age", "other"))
	want(m.HasIndex(&User{}, "other"), true)
	must(m.RenameIndex(&User{}, "other", "user_name_age"))
	must(m.RenameTable("notes", "memos"))
	want(m.HasTable("memos"), true)
	want(m.HasTable("notes"), false)
	must(m.RenameTable("memos", "notes"))
	must(m.AlterColumn(&Card{}, "Number"))
	want(m.CurrentDatabase(), "shop")
}

func columns(db *gorm.DB) {
	types, err := db.Migrator().ColumnTypes(&Kinds{})
	must(err)
	found := map[string]string{}
	for _, one := range types {
		whole, _ := one.ColumnType()
		length, _ := one.Length()
		precision, scale, _ := one.DecimalSize()
		nullable, _ := one.Nullable()
		text, has := one.DefaultValue()
		key, _ := one.PrimaryKey()
		counting, _ := one.AutoIncrement()
		found[one.Name()] = fmt.Sprint(one.DatabaseTypeName(), " ", whole, " ", length, " ", precision, " ", scale, " ", nullable, " ", has, " ", text, " ", key, " ", counting)
	}
	for name, expected := range map[string]string{
		"id": "bigint bigint 0 19 0 false false  true true", "b": "tinyint tinyint(1) 0 3 0 true false  false false",
		"u64": "bigint bigint unsigned 0 20 0 true false  false false", "f32": "float float 0 12 0 true false  false false",
		"dec": "decimal decimal(30,10) 0 30 10 true false  false false", "s": "longtext longtext 4294967295 0 0 true false  false false",
		"short": "varchar varchar(20) 20 0 0 true true it's false false", "blob": "longblob longblob 4294967295 0 0 true false  false false",
		"t": "datetime datetime(3) 0 3 0 true false  false false", "t0": "datetime datetime 0 0 0 true false  false false",
		"stamp": "timestamp timestamp(3) 0 3 0 true true CURRENT_TIMESTAMP(3) false false",
		"bits":  "bit bit(9) 0 9 0 true false  false false", "j": "json json 0 0 0 true false  false false",
		"precise_default": "double double 0 22 0 true true 1.5 false false",
	} {
		want(name+": "+found[name], name+": "+expected)
	}
	indexes, err := db.Migrator().GetIndexes(&User{})
	must(err)
	names := map[string]string{}
	for _, one := range indexes {
		primary, _ := one.PrimaryKey()
		unique, _ := one.Unique()
		names[one.Name()] = fmt.Sprint(one.Columns(), primary, unique)
	}
	want(names["PRIMARY"], "[id] true true")
	want(names["idx_users_email"], "[email] false true")
	want(names["user_name_age"], "[name age] false false")
}

func kinds(db *gorm.DB) {
	moment := time.Date(2024, 2, 29, 23, 59, 58, 123456000, time.UTC)
	one := Kinds{B: true, I8: -128, I16: -32768, I32: -2147483648, I64: -9223372036854775808, U8: 255, U16: 65535, U32: 4294967295,
		U64: 18446744073709551615, F32: 1.5, F64: 0.1, Dec: "12345678901234567890.0123456789", S: "größe 😀 ' \\ \" %", Fixed: "café",
		Long: strings.Repeat("x", 100000), Blob: []byte{0, 255, 39, 92}, Bin: []byte("0123456789abcdef"), T: moment, T0: moment, T6: moment,
		Day: moment, Null: sql.NullInt64{Int64: 7, Valid: true}, J: json.RawMessage(`{"a":[1,"x"],"b":null}`), Bits: []byte{1, 1}}
	must(db.Create(&one).Error)
	want(one.ID > 0, true)
	var found Kinds
	must(db.First(&found, one.ID).Error)
	want([]any{found.B, found.I8, found.I16, found.I32, found.I64, found.U8, found.U16, found.U32, found.U64, found.F32, found.F64, found.Dec},
		[]any{one.B, one.I8, one.I16, one.I32, one.I64, one.U8, one.U16, one.U32, one.U64, one.F32, one.F64, one.Dec})
	want([]any{found.S, found.Short, found.Fixed, found.Long, found.Blob, found.Bin, found.Bits}, []any{one.S, "it's", "café", one.Long, one.Blob, one.Bin, one.Bits})
	want([]any{found.T, found.T0, found.T6, found.Day}, []any{time.Date(2024, 2, 29, 23, 59, 58, 123000000, time.UTC),
		time.Date(2024, 2, 29, 23, 59, 58, 0, time.UTC), moment, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)})
	want([]any{found.Null.Int64, found.NullS.Valid, string(found.J), found.Sum, found.PreciseDefault}, []any{7, false, `{"a": [1, "x"], "b": null}`, -2147516416, 1.5})
	want(time.Since(found.Stamp) < time.Minute && time.Since(found.Stamp) > -time.Minute, true)
	for condition, value := range map[string]any{"t6 = ?": moment, "`dec` = ?": one.Dec, "u64 = ?": one.U64, "f64 = ?": 0.1, "`blob` = ?": one.Blob,
		"s = ?": one.S, "day = ?": "2024-02-29", "b = ?": true, "id IN ?": []int64{one.ID, 99}, "j->>'$.a[1]' = ?": "x", "`bin` = ?": one.Bin} {
		var count int64
		must(db.Model(&Kinds{}).Where(condition, value).Count(&count).Error)
		want(fmt.Sprint(condition, count), fmt.Sprint(condition, 1))
	}
	isCode(db.Create(&Kinds{Short: strings.Repeat("x", 21), Dec: "0", J: json.RawMessage("{}"), T: moment, T0: moment, T6: moment, Day: moment}).Error, 1406)
	isCode(db.Exec("INSERT INTO kinds (u8) VALUES (?)", -1).Error, 1264)
}

func text(value string) *string { return &value }

func associations(db *gorm.DB) {
	user := User{Name: "ann", Email: text("ann@example.com"), Age: 30, Company: &Company{Name: "acme"}, Card: Card{Number: "4111111111111111"},
		Orders: []Order{{Amount: "10.50"}, {Amount: "20.25", State: "paid"}}, Languages: []Language{{Code: "en", Name: "English"}, {Code: "de", Name: "Deutsch"}},
		Friends: []*User{{Name: "bob", Age: 40, Languages: []Language{{Code: "en", Name: "English"}}}}, Settings: Settings{Theme: "dark", Tags: []string{"a"}},
		Notes: []Note{{Text: "first"}}}
	must(db.Create(&user).Error)
	var found User
	must(db.Preload(clause.Associations).Preload("Friends.Languages").First(&found, "name = ?", "ann").Error)
	want([]any{found.Company.Name, found.Card.Number, len(found.Orders), found.Orders[0].State, found.Orders[1].Amount, len(found.Languages),
		found.Friends[0].Name, found.Friends[0].Languages[0].Code, found.Settings.Theme, found.Notes[0].Text, found.Active},
		[]any{"acme", "4111111111111111", 2, "new", "20.25", 2, "bob", "en", "dark", "first", true})
	want(db.Model(&found).Association("Languages").Count(), 2)
	must(db.Model(&found).Association("Languages").Replace([]Language{{Code: "fr", Name: "Français"}}))
	must(db.Model(&found).Association("Languages").Append(&Language{Code: "de"}))
	want(db.Model(&found).Association("Languages").Count(), 2)
	must(db.Model(&found).Association("Languages").Delete(&Language{Code: "fr"}))
	must(db.Model(&found).Association("Orders").Append(&Order{Amount: "1.00"}))
	want(db.Model(&found).Where("amount > ?", 5).Association("Orders").Count(), 2)
	must(db.Model(&found).Association("Friends").Clear())
	var joined []User
	must(db.Joins("Company").Joins("Card").Where("Company.name = ?", "acme").Find(&joined).Error)
	want([]any{len(joined), joined[0].Company.Name, joined[0].Card.Number}, []any{1, "acme", "4111111111111111"})
	isCode(db.Create(&User{Name: "again", Email: text("ann@example.com")}).Error, 1062)
	want(errors.Is(open("", gorm.Config{TranslateError: true}).Create(&User{Name: "again", Email: text("ann@example.com")}).Error, gorm.ErrDuplicatedKey), true)
	isCode(db.Create(&User{Name: "old", Age: 201}).Error, 3819)
	isCode(db.Create(&Order{UserID: 9999}).Error, 1452)
	must(db.Exec("DELETE FROM cards").Error)
	must(db.Select("Languages", "Notes").Unscoped().Delete(&found).Error)
	var left int64
	must(db.Model(&Order{}).Where("user_id = ?", found.ID).Count(&left).Error)
	want(left, 0)
	must(db.Table("user_languages").Where("user_id = ?", found.ID).Count(&left).Error)
	want(left, 0)
}

func queries(db *gorm.DB) {
	for _, table := range []string{"user_languages", "user_friends", "cards", "users"} {
		must(db.Exec("DELETE FROM " + table).Error)
	}
	users := []User{}
	for i := 0; i < 25; i++ {
		users = append(users, User{Name: fmt.Sprintf("user %02d", i), Age: uint8(20 + i%5), Orders: []Order{{Amount: fmt.Sprint(i, ".50")}}})
	}
	must(db.CreateInBatches(&users, 10).Error)
	seen := map[uint]bool{}
	for _, one := range users {
		seen[one.ID] = true
	}
	want(len(seen), 25)
	var page []User
	must(db.Order("age desc, name").Limit(5).Offset(5).Find(&page).Error)
	want([]any{len(page), page[0].Name, page[4].Name}, []any{5, "user 03", "user 23"})
	type total struct {
		Age   int
		Count int
		Sum   string
		Mean  float64
	}
	var totals []total
	must(db.Model(&User{}).Select("age, count(*) as count, sum(orders.amount) as sum, avg(orders.amount) as mean").
		Joins("left join orders on orders.user_id = users.id").Group("age").Having("sum(orders.amount) > ?", 55).Order("age").Scan(&totals).Error)
	want(totals, []total{{21, 5, "57.50", 11.5}, {22, 5, "62.50", 12.5}, {23, 5, "67.50", 13.5}, {24, 5, "72.50", 14.5}})
	var names []string
	must(db.Model(&User{}).Where("id IN (?)", db.Model(&Order{}).Select("user_id").Where("amount > ?", 22)).Order("name").Pluck("name", &names).Error)
	want(names, []string{"user 22", "user 23", "user 24"})
	names = nil
	must(db.Table("(?) as u", db.Model(&User{}).Select("name", "age").Where("age > ?", 23)).Where("name LIKE ?", "user 0%").Order("name").Pluck("name", &names).Error)
	want(names, []string{"user 04", "user 09"})
	names = nil
	must(db.Model(&User{}).Where(db.Where("age = 20").Or("age = 21")).Not("name = ?", "user 00").Where(map[string]any{"active": true}).Distinct("age").Order("age").Pluck("age", &names).Error)
	want(names, []string{"20", "21"})
	var user User
	must(db.Where(&User{Name: "user 07"}).FirstOrCreate(&user).Error)
	want(user.Age, 22)
	var made User
	must(db.Where(User{Name: "new"}).Attrs(User{Age: 77}).FirstOrCreate(&made).Error)
	want(made.Age, 77)
	want(errors.Is(db.First(&User{}, "name = ?", "nobody").Error, gorm.ErrRecordNotFound), true)
	count := 0
	must(db.Where("name LIKE 'user%'").FindInBatches(&page, 7, func(*gorm.DB, int) error { count += len(page); return nil }).Error)
	want(count, 25)
	rows, err := db.Raw("SELECT name, age FROM users WHERE name = @name OR age = @age", sql.Named("name", "user 01"), sql.Named("age", 77)).Rows()
	must(err)
	count = 0
	for rows.Next() {
		count++
	}
	must(rows.Close())
	want(count, 2)
}

func updates(db *gorm.DB) {
	var user User
	must(db.First(&user, "name = ?", "user 03").Error)
	before := user.UpdatedAt
	time.Sleep(5 * time.Millisecond)
	must(db.Model(&user).Updates(map[string]any{"age": gorm.Expr("age * ? + ?", 2, 1), "active": false}).Error)
	must(db.First(&user, user.ID).Error)
	want([]any{user.Age, user.Active, user.UpdatedAt.After(before)}, []any{47, false, true})
	must(db.Model(&user).Select("Name").Updates(User{Name: "renamed", Age: 1}).Error)
	want(db.Model(&User{}).Where("age = ?", 24).UpdateColumn("age", gorm.Expr("age + 1")).RowsAffected, 5)
	want(db.Model(&User{}).Where("age = ?", 25).Update("active", true).RowsAffected, 5)
	want(db.Model(&User{}).Where("age = ?", 25).UpdateColumn("active", true).RowsAffected, 0)
	want(errors.Is(db.Model(&User{}).Update("age", 1).Error, gorm.ErrMissingWhereClause), true)
	user.Settings.Tags = append(user.Settings.Tags, "z")
	must(db.Save(&user).Error)
	var tags string
	must(db.Raw("SELECT JSON_UNQUOTE(JSON_EXTRACT(settings, '$.tags[0]')) FROM users WHERE id = ?", user.ID).Scan(&tags).Error)
	want(tags, "z")
}

func softDelete(db *gorm.DB) {
	var before, after, all int64
	db.Model(&User{}).Count(&before)
	want(db.Where("age = ?", 25).Delete(&User{}).RowsAffected, 5)
	db.Model(&User{}).Count(&after)
	db.Unscoped().Model(&User{}).Count(&all)
	want([]int64{after, all}, []int64{before - 5, before})
	want(db.Unscoped().Where("deleted_at IS NOT NULL").Delete(&User{}).RowsAffected, 5)
	db.Unscoped().Model(&User{}).Count(&all)
	want(all, before-5)
}

func upserts(db *gorm.DB) {
	must(db.Create(&[]Stock{{"a", "nail", 5, 1.5}, {"a", "nut", 7, 2.5}}).Error)
	want(db.Clauses(clause.OnConflict{DoNothing: true}).Create(&Stock{"a", "nail", 50, 9}).RowsAffected, 0)
	want(db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]Stock{{"a", "nail", 6, 1.75}, {"b", "nail", 1, 3}}).RowsAffected, 3)
	must(db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "shop"}, {Name: "item"}},
		DoUpdates: clause.Assignments(map[string]any{"count": gorm.Expr("count + VALUES(count)")})}).Create(&[]Stock{{"a", "nut", 10, 0}, {"c", "nut", 2, 4}}).Error)
	must(db.Clauses(clause.OnConflict{DoUpdates: clause.AssignmentColumns([]string{"price"})}).Create(&Stock{"b", "nail", 99, 3.25}).Error)
	must(db.Save(&Stock{"d", "new", 1, 1}).Error)
	must(db.Clauses(clause.Insert{Modifier: "IGNORE"}).Create(&Stock{"d", "new", 5, 5}).Error)
	var found []Stock
	must(db.Order("shop, item").Find(&found).Error)
	want(found, []Stock{{"a", "nail", 6, 1.75}, {"a", "nut", 17, 2.5}, {"b", "nail", 1, 3.25}, {"c", "nut", 2, 4}, {"d", "new", 1, 1}})
	user := User{Name: "up", Email: text("up@example.com"), Age: 1}
	must(db.Create(&user).Error)
	again := User{Name: "up again", Email: text("up@example.com"), Age: 2}
	must(db.Clauses(clause.OnConflict{DoUpdates: clause.AssignmentColumns([]string{"name", "age"})}).Omit(clause.Associations).Create(&again).Error)
	want(again.ID, user.ID)
	must(db.First(&user, user.ID).Error)
	want([]any{user.Name, user.Age}, []any{"up again", 2})
}

func transactions(db *gorm.DB) {
	must(db.Exec("DELETE FROM stocks").Error)
	failure := errors.New("undo")
	want(db.Transaction(func(tx *gorm.DB) error {
		must(tx.Create(&Stock{"t", "lost", 1, 1}).Error)
		return failure
	}), failure)
	must(db.Transaction(func(tx *gorm.DB) error {
		must(tx.Create(&Stock{"t", "outer", 1, 1}).Error)
		_ = tx.Transaction(func(inner *gorm.DB) error {
			must(inner.Create(&Stock{"t", "inner", 1, 1}).Error)
			return failure
		})
		must(tx.Transaction(func(inner *gorm.DB) error { return inner.Create(&Stock{"t", "kept", 1, 1}).Error }))
		tx.SavePoint("here")
		must(tx.Create(&Stock{"t", "later", 1, 1}).Error)
		return tx.RollbackTo("here").Error
	}))
	var names []string
	must(db.Model(&Stock{}).Order("item").Pluck("item", &names).Error)
	want(names, []string{"kept", "outer"})
	// Rows under a lock: nobody's addition is lost; the others skip it or fail at once.
	var all sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 8; i++ {
				must(db.Transaction(func(tx *gorm.DB) error {
					var stock Stock
					must(tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&stock, "item = ?", "kept").Error)
					return tx.Model(&stock).Update("count", stock.Count+1).Error
				}))
			}
		}()
	}
	all.Wait()
	var stock Stock
	must(db.First(&stock, "item = ?", "kept").Error)
	want(stock.Count, 33)
	must(db.Transaction(func(tx *gorm.DB) error {
		must(tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&stock, "shop = ? AND item = ?", "t", "kept").Error)
		var free []Stock
		must(db.Transaction(func(other *gorm.DB) error {
			isCode(other.Clauses(clause.Locking{Strength: "UPDATE", Options: "NOWAIT"}).Find(&free, "shop = ? AND item = ?", "t", "kept").Error, 3572)
			return other.Clauses(clause.Locking{Strength: "SHARE", Options: "SKIP LOCKED"}).Find(&free).Error
		}))
		want(free, []Stock{{"t", "outer", 1, 1}})
		return nil
	}))
	serial := db.Begin(&sql.TxOptions{Isolation: sql.LevelReadCommitted})
	must(serial.Where("item = ?", "outer").Take(&Stock{}).Error)
	must(db.Model(&Stock{}).Where("item = ?", "outer").Update("count", 5).Error)
	var changed Stock
	must(serial.Where("item = ?", "outer").Take(&changed).Error)
	want(changed.Count, 5)
	must(serial.Commit().Error)
	reader := db.Begin(&sql.TxOptions{ReadOnly: true})
	isCode(reader.Create(&Stock{"t", "no", 1, 1}).Error, 1792)
	must(reader.Rollback().Error)
}

func dropped(db *gorm.DB) {
	must(db.Migrator().DropTable(append(models, "user_languages", "user_friends")...))
	tables, err := db.Migrator().GetTables()
	must(err)
	want(tables, []string{})
}

func main() {
	address = os.Args[1]
	pool, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/", address))
	must(err)
	ways := map[string]func() *gorm.DB{
		"":              func() *gorm.DB { return open("", gorm.Config{}) },
		" prepared":     func() *gorm.DB { return open("", gorm.Config{PrepareStmt: true, SkipDefaultTransaction: true}) },
		" interpolated": func() *gorm.DB { return open("&interpolateParams=true", gorm.Config{}) },
	}
	for _, way := range []string{"", " prepared", " interpolated"} {
		_, err = pool.Exec("DROP DATABASE IF EXISTS shop")
		must(err)
		_, err = pool.Exec("CREATE DATABASE shop")
		must(err)
		db := ways[way]()
		for _, one := range []struct {
			name string
			run  func(*gorm.DB)
		}{{"migrate", migrate}, {"columns", columns}, {"alter", alter}, {"kinds", kinds}, {"associations", associations}, {"queries", queries},
			{"updates", updates}, {"soft delete", softDelete}, {"upserts", upserts}, {"transactions", transactions}, {"dropped", dropped}} {
			check(one.name+way, func() { one.run(db) })
		}
	}
}
