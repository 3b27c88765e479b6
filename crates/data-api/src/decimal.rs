//! Numerics: from their digits to a `Decimal128`.

/// A value as an integer of `10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) units: i128,
    /// It had digits beyond the scale.
    pub(crate) rounded: bool,
}

/// Reads `-12.340` or `1.2E-7` with `scale` digits after the point, rounding half away from zero as
/// PostgreSQL does. `None` when it has more than `precision` digits, or is no number (`NaN`, `Infinity`).
pub(crate) fn parse(text: &str, precision: u8, scale: i8) -> Option<Decimal> {
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // Java prints a BigDecimal with many zeros in scientific notation, and the service is written in it.
    let (mantissa, exponent) = match unsigned.bytes().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(place) => (&unsigned[..place], unsigned[place + 1..].parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let point = mantissa.bytes().position(|byte| byte == b'.');
    let whole_digits = point.unwrap_or(mantissa.len());
    let digit_count = mantissa.len() - usize::from(point.is_some());
    if digit_count == 0 {
        return None;
    }

    // The number of leading digits that lie before the last one that is kept.
    let kept = i64::try_from(whole_digits).ok()? + i64::from(exponent) + i64::from(scale);
    let mut units = Units::default();
    let mut rounded = false;
    let mut round_up = false;
    let digits = mantissa.bytes().enumerate().filter(|(place, _)| Some(*place) != point);
    for (place, (_, byte)) in (0_i64..).zip(digits) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        if place < kept {
            units.push(digit)?;
        } else {
            rounded |= digit != 0;
            round_up |= place == kept && digit >= 5;
        }
    }
    let mut units = units.sum()?;
    let missing = kept - digit_count as i64;
    if units != 0 && missing > 0 {
        units = units.checked_mul(*POWERS_OF_TEN.get(usize::try_from(missing).ok()?)?)?;
    }
    let units = units.checked_add(i128::from(round_up))?;
    let fits = units < *POWERS_OF_TEN.get(usize::from(precision))?;
    fits.then_some(Decimal { units: if is_negative { -units } else { units }, rounded })
}

/// `10^0` to `10^38`, the largest of which an `i128` holds.
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Digits as they come. An `i128` is multiplied once for eighteen of them, since that takes as long as all the rest.
#[derive(Default)]
struct Units {
    before: i128,
    last: u64,
    last_digits: usize,
}

impl Units {
    fn push(&mut self, digit: u8) -> Option<()> {
        if self.last_digits == 18 {
            (self.before, self.last, self.last_digits) = (self.sum()?, 0, 0);
        }
        self.last = self.last * 10 + u64::from(digit);
        self.last_digits += 1;
        Some(())
    }

    fn sum(&self) -> Option<i128> {
        let before = self.before.checked_mul(POWERS_OF_TEN[self.last_digits])?;
        before.checked_add(i128::from(self.last))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_digits() {
        let check = |text: &str, (precision, scale), expected: Option<(i128, bool)>| {
            let parsed =
                parse(text, precision, scale).map(|decimal| (decimal.units, decimal.rounded));
            assert_eq!(parsed, expected, "{text} as ({precision},{scale})");
        };
        check("12.34", (10, 2), Some((1234, false)));
        check("-12.34", (10, 2), Some((-1234, false)));
        check("0", (10, 2), Some((0, false)));
        check("12", (10, 2), Some((1200, false)));
        check(".5", (10, 2), Some((50, false)));
        check("12.340", (10, 2), Some((1234, false)));
        check("12.345", (10, 2), Some((1235, true)));
        check("-12.345", (10, 2), Some((-1235, true)));
        check("12.3449", (10, 2), Some((1234, true)));
        check("0.004", (10, 2), Some((0, true)));
        check("0.05", (10, 0), Some((0, true)));
        check("0.5", (10, 0), Some((1, true)));
        check("9.99", (2, 1), None);
        check("9.94", (2, 1), Some((99, true)));
        check("0E-20", (38, 18), Some((0, false)));
        check("1.5E-7", (38, 18), Some((150_000_000_000, false)));
        check("1.5E+3", (10, 2), Some((150_000, false)));
        check("0E+3000000", (10, 2), Some((0, false)));
        check("1E+3000000", (10, 2), None);
        check("1E-3000000", (10, 2), Some((0, true)));
        check(
            "99999999999999999999999999999999999999",
            (38, 0),
            Some((10_i128.pow(38) - 1, false)),
        );
        check("100000000000000000000000000000000000000", (38, 0), None);
        check("99999999999999999999999999999999999999.5", (38, 0), None);
        check("999999999999999999999999999999999999999999", (38, 0), None);
        check("170141183460469231731687303715884105727.5", (38, 0), None);
        check("-170141183460469231731687303715884105727.5", (38, 0), None);
        for text in
            ["NaN", "Infinity", "-Infinity", "", "-", ".", "1.2.3", "--1", "1e", "+1", "1_000", "٣"]
        {
            check(text, (38, 18), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_comes_back(units in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_i8..=38) {
            let width = scale as usize + 1;
            let digits = format!("{:0width$}", units.unsigned_abs());
            let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
            let sign = if units < 0 { "-" } else { "" };
            let text = format!("{sign}{whole}.{fraction}");
            prop_assert_eq!(parse(&text, 38, scale), Some(Decimal { units, rounded: false }));
        }

        #[test]
        fn rounding_agrees_with_integers(units in -10_i128.pow(20)..10_i128.pow(20), dropped in 1_u32..10) {
            let text = format!("{units}E-{dropped}");
            let power = 10_i128.pow(dropped);
            let expected = (units.abs() + power / 2) / power * units.signum();
            let rounded = units % power != 0;
            prop_assert_eq!(parse(&text, 38, 0), Some(Decimal { units: expected, rounded }));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", precision in 1_u8..=38, scale in 0_i8..=38) {
            let _ = parse(&text, precision, scale);
        }
    }
}
