"""Numbers of the coprocessor protocol by name: executor, expression and signature kinds, flags.

`SIGNATURES` holds every ScalarFuncSig; `TIKV_SIGNATURES` those that a TiKV store evaluates. Values above 90000 are
private to sqlnode and never leave the process.
"""

from __future__ import annotations


class ExecType:
    """Executor.tp."""

    TABLE_SCAN = 0
    INDEX_SCAN = 1
    SELECTION = 2
    AGGREGATION = 3
    TOP_N = 4
    LIMIT = 5
    STREAM_AGG = 6
    JOIN = 7
    KILL = 8
    EXCHANGE_SENDER = 9
    EXCHANGE_RECEIVER = 10
    PROJECTION = 11
    PARTITION_TABLE_SCAN = 12
    SORT = 13
    WINDOW = 14
    EXPAND = 15
    EXPAND2 = 16
    BROADCAST_QUERY = 17
    CTE_SINK = 18
    CTE_SOURCE = 19
    INDEX_LOOK_UP = 20
    EXPLAIN_FOR_CONNECTION = 21


class ExprType:
    """Expr.tp."""

    NULL = 0
    INT64 = 1
    UINT64 = 2
    FLOAT32 = 3
    FLOAT64 = 4
    STRING = 5
    BYTES = 6
    MYSQL_BIT = 101
    MYSQL_DECIMAL = 102
    MYSQL_DURATION = 103
    MYSQL_ENUM = 104
    MYSQL_HEX = 105
    MYSQL_SET = 106
    MYSQL_TIME = 107
    MYSQL_JSON = 108
    VECTOR_FLOAT32 = 121
    VALUE_LIST = 151
    COLUMN_REF = 201
    COUNT = 3001
    SUM = 3002
    AVG = 3003
    MIN = 3004
    MAX = 3005
    FIRST = 3006
    GROUP_CONCAT = 3007
    BIT_AND = 3008
    BIT_OR = 3009
    BIT_XOR = 3010
    STD = 3011
    STDDEV = 3012
    STDDEV_POP = 3013
    STDDEV_SAMP = 3014
    VAR_POP = 3015
    VAR_SAMP = 3016
    VARIANCE = 3017
    JSON_ARRAY_AGG = 3018
    JSON_OBJECT_AGG = 3019
    APPROX_COUNT_DISTINCT = 3020
    SUM_INT = 3021
    MIN_COUNT = 3022
    MAX_COUNT = 3023
    ROW_NUMBER = 4001
    RANK = 4002
    DENSE_RANK = 4003
    CUME_DIST = 4004
    PERCENT_RANK = 4005
    NTILE = 4006
    LEAD = 4007
    LAG = 4008
    FIRST_VALUE = 4009
    LAST_VALUE = 4010
    NTH_VALUE = 4011
    SCALAR_FUNC = 10000
    PARAMETER = 90001  # a slot in a plan template; val is its index, four bytes big-endian


class AggFunctionMode:
    """Expr.aggFuncMode."""

    COMPLETE = 0
    FINAL = 1
    PARTIAL1 = 2
    PARTIAL2 = 3
    DEDUP = 4


class EncodeType:
    """DAGRequest.encode_type, SelectResponse.encode_type."""

    DEFAULT = 0
    CHUNK = 1


class RequestType:
    """coprocessor.Request.tp."""

    DAG = 103
    ANALYZE = 104
    CHECKSUM = 105


class RequestFlag:
    """Bits of DAGRequest.flags."""

    IGNORE_TRUNCATE = 1
    TRUNCATE_AS_WARNING = 2
    PAD_CHAR_TO_FULL_LENGTH = 4
    IN_INSERT = 8
    IN_UPDATE_OR_DELETE = 16
    IN_SELECT = 32
    OVERFLOW_AS_WARNING = 64
    IGNORE_ZERO_IN_DATE = 128
    DIVIDED_BY_ZERO_AS_WARNING = 256
    IN_SET_OPERATION = 512
    IN_LOAD_DATA = 1024
    INTERNAL = 2048


def _numbers(text: str) -> dict[str, int]:
    pairs = (item.split("=") for item in text.split())
    return {name: int(number) for name, number in pairs}


TIKV_SIGNATURES = _numbers(
    """
    CastIntAsInt=1 CastIntAsReal=2 CastIntAsString=3 CastIntAsDecimal=4 CastIntAsTime=5 CastIntAsDuration=6
    CastIntAsJson=7 CastRealAsInt=10 CastRealAsReal=11 CastRealAsString=12 CastRealAsDecimal=13 CastRealAsTime=14
    CastRealAsDuration=15 CastRealAsJson=16 CastDecimalAsInt=20 CastDecimalAsReal=21 CastDecimalAsString=22
    CastDecimalAsDecimal=23 CastDecimalAsTime=24 CastDecimalAsDuration=25 CastDecimalAsJson=26 CastStringAsInt=30
    CastStringAsReal=31 CastStringAsString=32 CastStringAsDecimal=33 CastStringAsTime=34 CastStringAsDuration=35
    CastStringAsJson=36 CastTimeAsInt=40 CastTimeAsReal=41 CastTimeAsString=42 CastTimeAsDecimal=43 CastTimeAsTime=44
    CastTimeAsDuration=45 CastTimeAsJson=46 CastDurationAsInt=50 CastDurationAsReal=51 CastDurationAsString=52
    CastDurationAsDecimal=53 CastDurationAsTime=54 CastDurationAsDuration=55 CastDurationAsJson=56 CastJsonAsInt=60
    CastJsonAsReal=61 CastJsonAsString=62 CastJsonAsDecimal=63 CastJsonAsTime=64 CastJsonAsDuration=65
    CastJsonAsJson=66
    LTInt=100 LTReal=101 LTDecimal=102 LTString=103 LTTime=104 LTDuration=105 LTJson=106 LEInt=110 LEReal=111
    LEDecimal=112 LEString=113 LETime=114 LEDuration=115 LEJson=116 GTInt=120 GTReal=121 GTDecimal=122 GTString=123
    GTTime=124 GTDuration=125 GTJson=126 GEInt=130 GEReal=131 GEDecimal=132 GEString=133 GETime=134 GEDuration=135
    GEJson=136 EQInt=140 EQReal=141 EQDecimal=142 EQString=143 EQTime=144 EQDuration=145 EQJson=146 NEInt=150
    NEReal=151 NEDecimal=152 NEString=153 NETime=154 NEDuration=155 NEJson=156 NullEQInt=160 NullEQReal=161
    NullEQDecimal=162 NullEQString=163 NullEQTime=164 NullEQDuration=165 NullEQJson=166
    PlusReal=200 PlusDecimal=201 PlusInt=203 MinusReal=204 MinusDecimal=205 MinusInt=207 MultiplyReal=208
    MultiplyDecimal=209 MultiplyInt=210 DivideReal=211 DivideDecimal=212 IntDivideInt=213 IntDivideDecimal=214
    ModReal=215 ModDecimal=216 ModInt=217 MultiplyIntUnsigned=218 PlusIntUnsignedUnsigned=219
    PlusIntUnsignedSigned=220 PlusIntSignedUnsigned=221 PlusIntSignedSigned=222 ModIntUnsignedUnsigned=223
    ModIntUnsignedSigned=224 ModIntSignedUnsigned=225 ModIntSignedSigned=226
    AbsInt=2101 AbsUInt=2102 AbsReal=2103 AbsDecimal=2104 CeilIntToDec=2105 CeilIntToInt=2106 CeilDecToInt=2107
    CeilDecToDec=2108 CeilReal=2109 FloorIntToDec=2110 FloorIntToInt=2111 FloorDecToInt=2112 FloorDecToDec=2113
    FloorReal=2114 RoundReal=2121 RoundInt=2122 RoundDec=2123 RoundWithFracReal=2124 RoundWithFracInt=2125
    RoundWithFracDec=2126 Log1Arg=2131 Log2Args=2132 Log2=2133 Log10=2134 Rand=2135 RandWithSeedFirstGen=2136
    Pow=2137 Conv=2138 CRC32=2139 Sign=2140 Sqrt=2141 Acos=2142 Asin=2143 Atan1Arg=2144 Atan2Args=2145 Cos=2146
    Cot=2147 Degrees=2148 Exp=2149 PI=2150 Radians=2151 Sin=2152 Tan=2153 TruncateInt=2154 TruncateReal=2155
    TruncateDecimal=2156 TruncateUint=2157
    LogicalAnd=3101 LogicalOr=3102 LogicalXor=3103 UnaryNotInt=3104 UnaryNotDecimal=3105 UnaryNotReal=3106
    UnaryNotJSON=3107 UnaryMinusInt=3108 UnaryMinusReal=3109 UnaryMinusDecimal=3110 DecimalIsNull=3111
    DurationIsNull=3112 RealIsNull=3113 StringIsNull=3114 TimeIsNull=3115 IntIsNull=3116 JsonIsNull=3117
    BitAndSig=3118 BitOrSig=3119 BitXorSig=3120 BitNegSig=3121 IntIsTrue=3122 RealIsTrue=3123 DecimalIsTrue=3124
    IntIsFalse=3125 RealIsFalse=3126 DecimalIsFalse=3127 BitCount=3128 LeftShift=3129 RightShift=3130
    IntIsTrueWithNull=3142 RealIsTrueWithNull=3143 DecimalIsTrueWithNull=3144 IntIsFalseWithNull=3145
    RealIsFalseWithNull=3146 DecimalIsFalseWithNull=3147
    InInt=4001 InReal=4002 InDecimal=4003 InString=4004 InTime=4005 InDuration=4006 InJson=4007
    IfNullInt=4101 IfNullReal=4102 IfNullDecimal=4103 IfNullString=4104 IfNullTime=4105 IfNullDuration=4106
    IfInt=4107 IfReal=4108 IfDecimal=4109 IfString=4110 IfTime=4111 IfDuration=4112 IfNullJson=4113 IfJson=4114
    CoalesceInt=4201 CoalesceReal=4202 CoalesceDecimal=4203 CoalesceString=4204 CoalesceTime=4205
    CoalesceDuration=4206 CoalesceJson=4207 CaseWhenInt=4208 CaseWhenReal=4209 CaseWhenDecimal=4210
    CaseWhenString=4211 CaseWhenTime=4212 CaseWhenDuration=4213 CaseWhenJson=4214 GreatestInt=4215 GreatestReal=4216
    GreatestDecimal=4217 GreatestString=4218 GreatestTime=4219 LeastInt=4220 LeastReal=4221 LeastDecimal=4222
    LeastString=4223 LeastTime=4224 IntervalInt=4225 IntervalReal=4226
    LikeSig=4310 RegexpSig=4311 RegexpUTF8Sig=4312 RegexpLikeSig=4313 RegexpInStrSig=4315 RegexpReplaceSig=4317
    RegexpSubstrSig=4319
    Compress=4503 MD5=4504 Password=4505 RandomBytes=4506 SHA1=4507 SHA2=4508 Uncompress=4509 UncompressedLength=4510
    DecimalAnyValue=4554 DurationAnyValue=4555 IntAnyValue=4556 JSONAnyValue=4557 RealAnyValue=4558
    StringAnyValue=4559 TimeAnyValue=4560 InetAton=4561 InetNtoa=4562 Inet6Aton=4563 Inet6Ntoa=4564 IsIPv4=4565
    IsIPv4Compat=4566 IsIPv4Mapped=4567 IsIPv6=4568 UUID=4569 UUIDVersion=4576 UUIDTimestamp=4577
    JsonExtractSig=5001 JsonUnquoteSig=5002 JsonTypeSig=5003 JsonSetSig=5004 JsonInsertSig=5005 JsonReplaceSig=5006
    JsonRemoveSig=5007 JsonMergeSig=5008 JsonObjectSig=5009 JsonArraySig=5010 JsonValidJsonSig=5011
    JsonContainsSig=5012 JsonArrayAppendSig=5013 JsonMergePatchSig=5015 JsonQuoteSig=5019 JsonDepthSig=5022
    JsonKeysSig=5023 JsonLengthSig=5024 JsonKeys2ArgsSig=5025 JsonValidStringSig=5026 JsonValidOthersSig=5027
    JsonMemberOfSig=5029
    VecAsTextSig=5110 VecDimsSig=5112 VecL1DistanceSig=5113 VecL2DistanceSig=5114 VecNegativeInnerProductSig=5115
    VecCosineDistanceSig=5116 VecL2NormSig=5117 VectorFloat32AnyValue=5144 LTVectorFloat32=5146 LEVectorFloat32=5147
    GTVectorFloat32=5148 GEVectorFloat32=5151 EQVectorFloat32=5152 NEVectorFloat32=5153 NullEQVectorFloat32=5154
    VectorFloat32IsNull=5155 CastVectorFloat32AsString=5183 CastVectorFloat32AsVectorFloat32=5188
    DateFormatSig=6001 DateDiff=6003 NullTimeDiff=6004 DurationStringTimeDiff=6006 DurationDurationTimeDiff=6007
    StringDurationTimeDiff=6009 StringStringTimeDiff=6010 Date=6012 Hour=6013 Minute=6014 Second=6015
    MicroSecond=6016 Month=6017 MonthName=6018 DayName=6021 DayOfMonth=6022 DayOfWeek=6023 DayOfYear=6024
    WeekWithMode=6025 WeekWithoutMode=6026 WeekDay=6027 WeekOfYear=6028 Year=6029 YearWeekWithMode=6030
    YearWeekWithoutMode=6031 SysDateWithFsp=6033 SysDateWithoutFsp=6034 AddDatetimeAndDuration=6043
    AddDatetimeAndString=6044 AddTimeDateTimeNull=6045 AddStringAndDuration=6046 AddTimeStringNull=6048
    AddDurationAndDuration=6049 AddDurationAndString=6050 AddTimeDurationNull=6051 AddDateAndString=6053
    SubDatetimeAndDuration=6054 SubDatetimeAndString=6055 SubStringAndDuration=6057 SubDurationAndDuration=6060
    SubDurationAndString=6061 UnixTimestampInt=6066 UnixTimestampDec=6067 MakeDate=6069 MakeTime=6070 PeriodAdd=6071
    PeriodDiff=6072 Quarter=6073 TimeToSec=6075 ToDays=6077 ToSeconds=6078 LastDay=6084 StrToDateDate=6085
    StrToDateDatetime=6086 StrToDateDuration=6087 FromUnixTime1Arg=6088 FromUnixTime2Arg=6089
    AddDateStringString=6092 AddDateStringInt=6093 AddDateStringDecimal=6094 AddDateIntString=6095 AddDateIntInt=6096
    AddDateDatetimeString=6097 AddDateDatetimeInt=6098 SubDateStringString=6099 SubDateStringInt=6100
    SubDateStringDecimal=6101 SubDateIntString=6102 SubDateIntInt=6103 SubDateDatetimeString=6104
    SubDateDatetimeInt=6105 FromDays=6106 TimestampDiff=6108 SubDateStringReal=6109 SubDateIntReal=6110
    SubDateIntDecimal=6111 SubDateDatetimeReal=6112 SubDateDatetimeDecimal=6113 SubDateDurationString=6114
    SubDateDurationInt=6115 SubDateDurationReal=6116 SubDateDurationDecimal=6117 AddDateStringReal=6118
    AddDateIntReal=6119 AddDateIntDecimal=6120 AddDateDatetimeReal=6121 AddDateDatetimeDecimal=6122
    AddDateDurationString=6123 AddDateDurationInt=6124 AddDateDurationReal=6125 AddDateDurationDecimal=6126
    AddDateRealString=6128 AddDateRealInt=6129 AddDateRealReal=6130 AddDateRealDecimal=6131 AddDateDecimalString=6132
    AddDateDecimalInt=6133 AddDateDecimalReal=6134 AddDateDecimalDecimal=6135 SubDateRealString=6136
    SubDateRealInt=6137 SubDateRealReal=6138 SubDateRealDecimal=6139 SubDateDecimalString=6140 SubDateDecimalInt=6141
    SubDateDecimalReal=6142 SubDateDecimalDecimal=6143 AddDateDurationStringDatetime=6144
    AddDateDurationIntDatetime=6145 AddDateDurationRealDatetime=6146 AddDateDurationDecimalDatetime=6147
    SubDateDurationStringDatetime=6148 SubDateDurationIntDatetime=6149 SubDateDurationRealDatetime=6150
    SubDateDurationDecimalDatetime=6151
    BitLength=7001 Bin=7002 ASCII=7003 CharLengthUTF8=7005 Concat=7006 ConcatWS=7007 Elt=7009 FieldInt=7013
    FieldReal=7014 FieldString=7015 FindInSet=7016 FromBase64=7019 HexIntArg=7020 HexStrArg=7021 InsertUTF8=7022
    Insert=7023 InstrUTF8=7024 Instr=7025 LTrim=7026 LeftUTF8=7027 Left=7028 Length=7029 Locate2ArgsUTF8=7030
    Locate3ArgsUTF8=7031 Locate2Args=7032 Locate3Args=7033 Lower=7034 LpadUTF8=7035 Lpad=7036 MakeSet=7037
    OctInt=7038 OctString=7039 Ord=7040 Quote=7041 RTrim=7042 Repeat=7043 Replace=7044 ReverseUTF8=7045 Reverse=7046
    RightUTF8=7047 Right=7048 RpadUTF8=7049 Rpad=7050 Space=7051 Strcmp=7052 Substring2ArgsUTF8=7053
    Substring3ArgsUTF8=7054 Substring2Args=7055 Substring3Args=7056 SubstringIndex=7057 ToBase64=7058 Trim1Arg=7059
    Trim2Args=7060 Trim3Args=7061 UnHex=7062 UpperUTF8=7063 Upper=7064 CharLength=7065 LowerUTF8=7066
    GreatestDuration=7067 GreatestCmpStringAsTime=7068 LeastDuration=7069 LeastCmpStringAsTime=7070 ToBinary=7071
    FromBinary=7072 GreatestCmpStringAsDate=7073 LeastCmpStringAsDate=7074 GreatestDate=7075 LeastDate=7076
    """
)

OTHER_SIGNATURES = _numbers(
    """
    MinusIntUnsignedUnsigned=227 MinusIntUnsignedSigned=228 MinusIntSignedUnsigned=229 MinusIntSignedSigned=230
    MinusIntForcedUnsignedUnsigned=231 MinusIntForcedUnsignedSigned=232 MinusIntForcedSignedUnsigned=233
    IntDivideIntUnsignedUnsigned=234 IntDivideIntUnsignedSigned=235 IntDivideIntSignedSigned=236
    IntDivideIntSignedUnsigned=237
    GetParamString=3131 GetVar=3132 RowSig=3133 SetVar=3134 ValuesDecimal=3135 ValuesDuration=3136 ValuesInt=3137
    ValuesJSON=3138 ValuesReal=3139 ValuesString=3140 ValuesTime=3141
    IlikeSig=4309 RegexpLikeUTF8Sig=4314 RegexpInStrUTF8Sig=4316 RegexpReplaceUTF8Sig=4318 RegexpSubstrUTF8Sig=4320
    AesDecrypt=4501 AesEncrypt=4502 AesDecryptIV=4511 AesEncryptIV=4512 Encode=4513 Decode=4514 SM3=4515
    Database=4521 FoundRows=4522 CurrentUser=4523 User=4524 ConnectionID=4525 LastInsertID=4526
    LastInsertIDWithID=4527 Version=4528 TiDBVersion=4529 RowCount=4530
    Sleep=4551 Lock=4552 ReleaseLock=4553 VitessHash=4570 IsUUID=4571 TiDBShard=4572 GroupingSig=4573 UUIDv4=4574
    UUIDv7=4575
    JsonArrayInsertSig=5014 JsonMergePreserveSig=5016 JsonContainsPathSig=5017 JsonPrettySig=5018 JsonSearchSig=5020
    JsonStorageSizeSig=5021 JsonStorageFreeSig=5028
    VecFromTextSig=5111 PlusVectorFloat32=5141 MinusVectorFloat32=5142 MultiplyVectorFloat32=5143
    CoalesceVectorFloat32=5145 GreatestVectorFloat32=5149 LeastVectorFloat32=5150 VectorFloat32IsTrue=5156
    VectorFloat32IsFalse=5157 VectorFloat32IsTrueWithNull=5158 VectorFloat32IsFalseWithNull=5159
    IfNullVectorFloat32=5160 IfVectorFloat32=5161 CaseWhenVectorFloat32=5162 CastStringAsVectorFloat32=5180
    CastVectorFloat32AsInt=5181 CastVectorFloat32AsReal=5182 CastVectorFloat32AsDecimal=5184
    CastVectorFloat32AsTime=5185 CastVectorFloat32AsDuration=5186 CastVectorFloat32AsJson=5187 FTSMatchWord=5201
    FTSMatchExpression=5202 FTSMatchPrefix=5203 FTSMatchRegexp=5204 FTSMatchPhrase=5205
    DateLiteral=6002 TimeStringTimeDiff=6005 StringTimeTimeDiff=6008 TimeTimeTimeDiff=6011 NowWithArg=6019
    NowWithoutArg=6020 GetFormat=6032 CurrentDate=6035 CurrentTime0Arg=6036 CurrentTime1Arg=6037 Time=6038
    TimeLiteral=6039 UTCDate=6040 UTCTimestampWithArg=6041 UTCTimestampWithoutArg=6042 AddStringAndString=6047
    AddDateAndDuration=6052 SubTimeDateTimeNull=6056 SubStringAndString=6058 SubTimeStringNull=6059
    SubTimeDurationNull=6062 SubDateAndDuration=6063 SubDateAndString=6064 UnixTimestampCurrent=6065 ConvertTz=6068
    SecToTime=6074 TimestampAdd=6076 UTCTimeWithArg=6079 UTCTimeWithoutArg=6080 Timestamp1Arg=6081
    Timestamp2Args=6082 TimestampLiteral=6083 ExtractDatetime=6090 ExtractDuration=6091 TimeFormat=6107
    ExtractDatetimeFromString=6127
    Char=7004 Convert=7008 ExportSet3Arg=7010 ExportSet4Arg=7011 ExportSet5Arg=7012 Format=7017 FormatWithLocale=7018
    """
)

SIGNATURES: dict[str, int] = {**TIKV_SIGNATURES, **OTHER_SIGNATURES}
SIGNATURE_NAMES: dict[int, str] = {number: name for name, number in SIGNATURES.items()}
