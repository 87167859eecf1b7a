"""tipb signatures to functions: which registered function a signature number stands for, and the argument kinds.

A signature fixes how its arguments are computed (`GTReal` compares doubles), and the planner that sent it inserted the
casts. So a signature is a function name plus the kind that its arguments must have; where the arguments have another
kind, or the resolved function would compute in another, the DAG is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlnode.base.types import EvalType

_KINDS = {
    "Int": EvalType.INT,
    "Real": EvalType.REAL,
    "Decimal": EvalType.DECIMAL,
    "String": EvalType.STRING,
    "Time": EvalType.TIME,
    "Duration": EvalType.DURATION,
    "Json": EvalType.JSON,
}


@dataclass(frozen=True, slots=True)
class SignatureFunction:
    """A function by name. `arguments` (repeated for the last one) are the kinds its arguments must have, None any."""

    name: str
    arguments: tuple[EvalType | None, ...] = ()

    def accepts(self, kinds: list[EvalType]) -> bool:
        """Whether arguments of these kinds are what the signature computes with."""
        if not self.arguments:
            return True
        wanted = [*self.arguments, *[self.arguments[-1]] * len(kinds)]
        return all(want is None or want == kind for want, kind in zip(wanted, kinds, strict=False))


_BY_KIND = {
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "EQ": "=",
    "NE": "!=",
    "NullEQ": "<=>",
    "In": "in",
    "IfNull": "ifnull",
    "Coalesce": "coalesce",
    "Greatest": "greatest",
    "Least": "least",
    "Plus": "+",
    "Minus": "-",
    "Multiply": "*",
    "Divide": "/",
    "IntDivide": "div",
    "Mod": "%",
}

_PLAIN = """
LogicalAnd=and LogicalOr=or LogicalXor=xor BitAndSig=& BitOrSig=| BitXorSig=^ BitNegSig=~ LeftShift=<< RightShift=>>
BitCount=bit_count LikeSig=like
PlusIntUnsignedUnsigned=+ PlusIntUnsignedSigned=+ PlusIntSignedUnsigned=+ PlusIntSignedSigned=+
MultiplyIntUnsigned=* ModIntUnsignedUnsigned=% ModIntUnsignedSigned=% ModIntSignedUnsigned=% ModIntSignedSigned=%
AbsInt=abs AbsUInt=abs AbsReal=abs AbsDecimal=abs CeilIntToInt=ceil CeilDecToInt=ceil CeilReal=ceil
FloorIntToInt=floor FloorDecToInt=floor FloorReal=floor RoundReal=round RoundInt=round RoundDec=round
RoundWithFracReal=round RoundWithFracInt=round RoundWithFracDec=round Log1Arg=ln Log2Args=log Log2=log2 Log10=log10
Pow=pow Conv=conv CRC32=crc32 Sign=sign Sqrt=sqrt Acos=acos Asin=asin Atan1Arg=atan Atan2Args=atan2 Cos=cos Cot=cot
Degrees=degrees Exp=exp PI=pi Radians=radians Sin=sin Tan=tan TruncateInt=truncate TruncateReal=truncate
TruncateDecimal=truncate TruncateUint=truncate
MD5=md5 SHA1=sha1 SHA2=sha2
BitLength=bit_length Bin=bin ASCII=ascii CharLengthUTF8=char_length CharLength=char_length Concat=concat
ConcatWS=concat_ws Elt=elt FieldInt=field FieldReal=field FieldString=field FindInSet=find_in_set HexIntArg=hex
HexStrArg=hex InsertUTF8=insert Insert=insert InstrUTF8=instr Instr=instr LTrim=ltrim LeftUTF8=left Left=left
Length=length Locate2ArgsUTF8=locate Locate3ArgsUTF8=locate Locate2Args=locate Locate3Args=locate Lower=lower
LowerUTF8=lower LpadUTF8=lpad Lpad=lpad MakeSet=make_set OctInt=oct OctString=oct Ord=ord Quote=quote RTrim=rtrim
Repeat=repeat Replace=replace ReverseUTF8=reverse Reverse=reverse RightUTF8=right Right=right RpadUTF8=rpad Rpad=rpad
Space=space Strcmp=strcmp Substring2ArgsUTF8=substring Substring3ArgsUTF8=substring Substring2Args=substring
Substring3Args=substring SubstringIndex=substring_index UnHex=unhex UpperUTF8=upper Upper=upper
RegexpLikeSig=regexp_like RegexpInStrSig=regexp_instr RegexpReplaceSig=regexp_replace RegexpSubstrSig=regexp_substr
JsonExtractSig=json_extract JsonUnquoteSig=json_unquote JsonTypeSig=json_type JsonSetSig=json_set
JsonInsertSig=json_insert JsonReplaceSig=json_replace JsonRemoveSig=json_remove JsonObjectSig=json_object
JsonArraySig=json_array JsonContainsSig=json_contains JsonLengthSig=json_length JsonDepthSig=json_depth
JsonKeysSig=json_keys JsonArrayAppendSig=json_array_append JsonMergePatchSig=json_merge_patch
JsonMergeSig=json_merge_preserve JsonQuoteSig=json_quote JsonMemberOfSig=member_of JsonValidStringSig=json_valid
JsonValidJsonSig=json_valid JsonValidOthersSig=json_valid
DateFormatSig=date_format DateDiff=datediff Date=date Hour=hour Minute=minute Second=second MicroSecond=microsecond
Month=month MonthName=monthname DayName=dayname DayOfMonth=dayofmonth DayOfWeek=dayofweek DayOfYear=dayofyear
WeekWithMode=week WeekWithoutMode=week WeekDay=weekday WeekOfYear=weekofyear Year=year YearWeekWithMode=yearweek
YearWeekWithoutMode=yearweek MakeDate=makedate MakeTime=maketime PeriodAdd=period_add PeriodDiff=period_diff
Quarter=quarter TimeToSec=time_to_sec ToDays=to_days ToSeconds=to_seconds LastDay=last_day FromDays=from_days
UnixTimestampInt=unix_timestamp UnixTimestampDec=unix_timestamp
"""


def _table() -> dict[str, SignatureFunction]:
    table = {}
    for item in _PLAIN.split():
        signature, _, name = item.partition("=")
        table[signature] = SignatureFunction(name)
    for suffix, kind in _KINDS.items():
        for prefix, name in _BY_KIND.items():
            table[prefix + suffix] = SignatureFunction(name, (kind,))
        table[f"{suffix}IsNull"] = SignatureFunction("is_null", (kind,))
        table[f"If{suffix}"] = SignatureFunction("if", (None, kind))
        table[f"CaseWhen{suffix}"] = SignatureFunction("case")
        table[f"UnaryNot{suffix}"] = SignatureFunction("not", (kind,))
        table[f"UnaryMinus{suffix}"] = SignatureFunction("unary_minus", (kind,))
        table[f"{suffix}IsTrue"] = SignatureFunction("is_true", (kind,))
        table[f"{suffix}IsTrueWithNull"] = SignatureFunction("truth", (kind,))
        table[f"{suffix}IsFalse"] = SignatureFunction("is_false", (kind,))
        for other in _KINDS:
            table[f"Cast{suffix}As{other}"] = SignatureFunction("cast", (kind,))
    return table


FUNCTIONS: dict[str, SignatureFunction] = _table()
"""Signature name -> function, for signatures that the coprocessor may evaluate."""
