//! The operators of jq: those of its library, counted before they make anything large.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use jaq_core::{Error, ValR, ops::Math};
use jaq_json::{Num, Val};

use super::{
    meter::{spend, spend_text},
    value::Metered,
};

/// Bits of the largest whole number.
const MAX_BITS: u64 = 4096;

impl Metered {
    fn text_bytes(&self) -> usize {
        match self.val() {
            Val::BStr(bytes) | Val::TStr(bytes) => bytes.len(),
            _ => 0,
        }
    }

    fn bits(&self) -> u64 {
        match self.val() {
            Val::Num(Num::BigInt(number)) => number.bits(),
            _ => 64,
        }
    }

    fn calculate(self, op: Math, other: Self, with: fn(Val, Val) -> jaq_json::ValR) -> ValR<Self> {
        let kinds = (self.kind(), other.kind());
        let depth = self.depth().max(other.depth());
        with(self.into_val(), other.into_val())
            .map(|val| Self::with_depth(val, depth))
            .map_err(|_| {
                let (left, right) = kinds;
                Error::str(format_args!(
                    "cannot calculate {left} {} {right}",
                    op.as_str()
                ))
            })
    }
}

impl Add for Metered {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> ValR<Self> {
        self.spend_to_change();
        spend(other.len());
        spend_text(self.text_bytes() + other.text_bytes());
        self.calculate(Math::Add, other, Add::add)
    }
}

impl Sub for Metered {
    type Output = ValR<Self>;

    fn sub(self, other: Self) -> ValR<Self> {
        if let (Val::Arr(_), Val::Arr(_)) = (self.val(), other.val()) {
            self.weigh();
            other.weigh();
        }
        self.calculate(Math::Sub, other, Sub::sub)
    }
}

impl Mul for Metered {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> ValR<Self> {
        match (self.val(), other.val()) {
            (Val::BStr(text) | Val::TStr(text), Val::Num(times))
            | (Val::Num(times), Val::BStr(text) | Val::TStr(text)) => {
                let times = match times {
                    Num::Int(times) => usize::try_from(*times).unwrap_or_default(),
                    // The library makes as many as it can.
                    Num::BigInt(_) => usize::MAX,
                    // Refused by it.
                    Num::Float(_) | Num::Dec(_) => 0,
                };
                spend_text(text.len().saturating_mul(times));
            }
            (Val::Num(_), Val::Num(_)) if self.bits() + other.bits() > MAX_BITS => {
                return Err(Error::str(format_args!(
                    "a number has more than {MAX_BITS} bits"
                )));
            }
            (Val::Obj(_), Val::Obj(_)) => {
                self.weigh();
                other.weigh();
            }
            _ => {}
        }
        self.calculate(Math::Mul, other, Mul::mul)
    }
}

impl Div for Metered {
    type Output = ValR<Self>;

    fn div(self, other: Self) -> ValR<Self> {
        // Each part of a text is as much as a step.
        spend(self.text_bytes());
        let text = matches!(self.val(), Val::BStr(_) | Val::TStr(_));
        let quotient = self.calculate(Math::Div, other, Div::div)?;
        Ok(if text {
            Self::around(quotient.into_val(), 0)
        } else {
            quotient
        })
    }
}

impl Rem for Metered {
    type Output = ValR<Self>;

    fn rem(self, other: Self) -> ValR<Self> {
        self.calculate(Math::Rem, other, Rem::rem)
    }
}

impl Neg for Metered {
    type Output = ValR<Self>;

    fn neg(self) -> ValR<Self> {
        let kind = self.kind();
        let negative = (-self.into_val()).map(Self::plain);
        negative.map_err(|_| Error::str(format_args!("cannot use {kind} as a number")))
    }
}
