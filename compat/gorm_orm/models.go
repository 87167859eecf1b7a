package main

import (
	"database/sql"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

type Company struct {
	ID   uint   `gorm:"primaryKey"`
	Name string `gorm:"size:80;not null;uniqueIndex:company_name"`
}

type User struct {
	gorm.Model
	Name      string  `gorm:"size:100;index:user_name_age,priority:1"`
	Email     *string `gorm:"size:191;uniqueIndex"`
	Age       uint8   `gorm:"index:user_name_age,priority:2,sort:desc;check:user_age,age < 200"`
	Birthday  *time.Time
	Active    bool `gorm:"default:true"`
	CompanyID *uint
	Company   *Company
	Card      Card
	Orders    []Order    `gorm:"constraint:OnUpdate:CASCADE,OnDelete:CASCADE;"`
	Languages []Language `gorm:"many2many:user_languages;"`
	Friends   []*User    `gorm:"many2many:user_friends;"`
	Settings  Settings   `gorm:"serializer:json;type:json"`
	Notes     []Note     `gorm:"polymorphic:Owner;"`
}

type Settings struct {
	Theme string   `json:"theme"`
	Tags  []string `json:"tags"`
}

type Card struct {
	gorm.Model
	Number string `gorm:"type:char(16);comment:the number, whole"`
	UserID uint
}

type Order struct {
	ID        uint64
	UserID    uint
	Amount    string `gorm:"type:decimal(12,2);not null;default:0.00"`
	State     string `gorm:"type:enum('new','paid','sent');default:'new'"`
	CreatedAt time.Time
}

type Language struct {
	Code string `gorm:"primaryKey;size:8"`
	Name string
}

type Note struct {
	ID        int
	OwnerID   uint
	OwnerType string `gorm:"size:30"`
	Text      string
}

type Kinds struct {
	ID             int64 `gorm:"autoIncrement"`
	B              bool
	I8             int8
	I16            int16
	I32            int32
	I64            int64
	U8             uint8
	U16            uint16
	U32            uint32
	U64            uint64
	F32            float32
	F64            float64
	Dec            string `gorm:"type:decimal(30,10)"`
	S              string
	Short          string `gorm:"size:20;default:it's"`
	Fixed          string `gorm:"type:varchar(40) CHARACTER SET latin1;default:''"`
	Long           string `gorm:"type:mediumtext"`
	Blob           []byte
	Bin            []byte `gorm:"size:16"`
	T              time.Time
	T0             time.Time `gorm:"precision:0"`
	T6             time.Time `gorm:"precision:6"`
	Day            time.Time `gorm:"type:date"`
	Stamp          time.Time `gorm:"type:timestamp(3);default:CURRENT_TIMESTAMP(3)"`
	Milli          int64     `gorm:"autoUpdateTime:milli"`
	Null           sql.NullInt64
	NullS          sql.NullString
	J              json.RawMessage `gorm:"type:json"`
	Bits           []byte          `gorm:"type:bit(9)"`
	Sum            int64           `gorm:"->;type:bigint GENERATED ALWAYS AS (i32 + i16) VIRTUAL"`
	PreciseDefault float64         `gorm:"type:double;default:1.5"`
}

type Stock struct {
	Shop  string `gorm:"primaryKey;size:20"`
	Item  string `gorm:"primaryKey;size:20"`
	Count int    `gorm:"not null;default:0"`
	Price float64
}
