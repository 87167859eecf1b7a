"""Which tipb signatures a store is sent: those that TiKV evaluates and the embedded coprocessor compiles.

A function's declaration says whether a store's answer is exactly ours (`Signature.pushdown`); this list says which of
them some store knows. A test holds it equal to what the coprocessor has.
"""

from __future__ import annotations

from functools import lru_cache

from store.proto.numbers import SIGNATURES, TIKV_SIGNATURES

_KINDS = ("Int", "Real", "Decimal", "String", "Time", "Duration")
_BY_KIND = ("LT", "LE", "GT", "GE", "EQ", "NE", "NullEQ", "In", "IfNull", "Coalesce")
_ARITHMETIC = ("Plus", "Minus", "Multiply", "Mod")
_OTHERS = """
DivideReal DivideDecimal IntDivideInt IntDivideDecimal
LogicalAnd LogicalOr LogicalXor BitAndSig BitOrSig BitXorSig BitNegSig LeftShift RightShift BitCount LikeSig
PlusIntUnsignedUnsigned PlusIntUnsignedSigned PlusIntSignedUnsigned PlusIntSignedSigned MultiplyIntUnsigned
ModIntUnsignedUnsigned ModIntUnsignedSigned ModIntSignedUnsigned ModIntSignedSigned
UnaryNotInt UnaryNotReal UnaryNotDecimal UnaryMinusInt UnaryMinusReal UnaryMinusDecimal
IntIsTrue RealIsTrue DecimalIsTrue IntIsFalse RealIsFalse DecimalIsFalse
AbsInt AbsUInt AbsReal AbsDecimal CeilIntToInt CeilDecToInt CeilReal FloorIntToInt FloorDecToInt FloorReal
RoundReal RoundInt RoundDec Sign Sqrt PI CRC32
MD5 SHA1 SHA2 BitLength ASCII CharLengthUTF8 CharLength Concat ConcatWS Elt FieldInt FieldReal FieldString
HexIntArg HexStrArg LTrim RTrim Length Lower LowerUTF8 Upper UpperUTF8 Replace ReverseUTF8 Reverse RightUTF8 Right
Space Strcmp Substring2ArgsUTF8 Substring3ArgsUTF8 Substring2Args Substring3Args
Date Hour Minute Second MicroSecond Month MonthName DayOfMonth DayOfWeek DayOfYear WeekOfYear WeekWithMode
WeekWithoutMode Year DateDiff MakeDate MakeTime PeriodAdd PeriodDiff TimeToSec FromDays DateFormatSig
JsonExtractSig JsonUnquoteSig JsonTypeSig JsonLengthSig JsonContainsSig JsonMemberOfSig
"""


@lru_cache(maxsize=1)
def sent_signatures() -> frozenset[str]:
    """The names of all signatures that may stand in a request."""
    names = set(_OTHERS.split())
    for kind in _KINDS:
        names.update(f"{prefix}{kind}" for prefix in _BY_KIND)
        names.update((f"{kind}IsNull", f"If{kind}", f"CaseWhen{kind}"))
        names.update(f"Cast{kind}As{other}" for other in _KINDS)
    for kind in ("Int", "Real", "Decimal"):
        names.update(f"{prefix}{kind}" for prefix in _ARITHMETIC)
    names.add("JsonIsNull")
    return frozenset(name for name in names if name in TIKV_SIGNATURES)


def signature_number(name: str) -> int | None:
    """The ScalarFuncSig of a name that may be sent; None for any other."""
    return SIGNATURES[name] if name in sent_signatures() else None
