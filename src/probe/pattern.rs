//! Host patterns such as `{1..50}-courier.push.apple.com`, and the sample that stands for them.

/// A pattern taken apart: what stands before and after the number, and the numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern {
    pub before: String,
    pub after: String,
    pub first: u32,
    pub last: u32,
}

impl Pattern {
    /// The pattern in `text`, if there is one; what is wrong with it, if it is none.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some((before, rest)) = text.split_once('{') else {
            return Ok(None);
        };
        let wrong = || format!("`{text}` is no host pattern; expected {{FIRST..LAST}}");
        let (range, after) = rest.split_once('}').ok_or_else(wrong)?;
        let (first, last) = range.split_once("..").ok_or_else(wrong)?;
        let first: u32 = first.parse().map_err(|_| wrong())?;
        let last: u32 = last.parse().map_err(|_| wrong())?;
        if first > last {
            return Err(format!("`{{{range}}}` in `{text}` counts down"));
        }
        if last - first >= 10_000 {
            return Err(format!(
                "`{{{range}}}` in `{text}` stands for over 10000 hosts"
            ));
        }
        if after.contains('{') {
            return Err(format!("`{text}` has more than one `{{`"));
        }
        Ok(Some(Self {
            before: before.to_owned(),
            after: after.to_owned(),
            first,
            last,
        }))
    }

    /// `size` numbers spread evenly over the pattern; they depend on the pattern alone, so that two
    /// runs and two machines ask the same hosts.
    pub fn sample(&self, size: u32) -> Vec<(u32, String)> {
        let count = self.last - self.first + 1;
        let size = size.min(count);
        (0..size)
            .map(|index| {
                let step = (2 * index + 1) * count / (2 * size);
                let number = self.first + step;
                (number, format!("{}{number}{}", self.before, self.after))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_even_and_inside_the_pattern() {
        let pattern = Pattern::parse("{1..50}-courier.push.apple.com");
        let pattern = pattern.expect("valid").expect("a pattern");
        let numbers: Vec<u32> = pattern.sample(5).into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [6, 16, 26, 36, 46]);
        assert_eq!(pattern.sample(100).len(), 50);
        assert_eq!(pattern.sample(1)[0].1, "26-courier.push.apple.com");
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        assert_eq!(Pattern::parse("plain.example"), Ok(None));
        for wrong in [
            "{50..1}.x",
            "{1..}.x",
            "{a..b}.x",
            "{1..2.x",
            "{1..2}{3..4}.x",
            "{0..99999}.x",
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_sample_has_distinct_hosts_of_the_pattern(first in 0u32..1000, more in 0u32..500, size in 1u32..600) {
            let pattern = Pattern { before: String::new(), after: ".x".to_owned(), first, last: first + more };
            let sample = pattern.sample(size);
            let mut numbers: Vec<u32> = sample.iter().map(|(n, _)| *n).collect();
            numbers.dedup();
            proptest::prop_assert_eq!(numbers.len(), usize::try_from(size.min(more + 1))?);
            proptest::prop_assert!(numbers.iter().all(|n| (first..=first + more).contains(n)));
        }
    }
}
