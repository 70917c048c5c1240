//! `--splay`: a wait of random length before the first packet. launchd, cron and Jamf Pro start the same
//! job on every Mac in the same minute; without it a whole fleet would ask one server at once.

use std::future::Future;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use super::{Error, complain};

/// Waits, and says for how long; a wait that is interrupted has sent nothing and reports nothing, so that the
/// report of an earlier run stays.
pub(super) async fn wait(
    longest: Duration,
    quiet: bool,
    interrupted: impl Future<Output = ()>,
) -> Result<(), Error> {
    let wait = part(longest, random()?);
    let waiting = async {
        if !quiet {
            let seconds = wait.as_secs_f64();
            complain(&format!(
                "waiting {seconds:.1} s before the first packet (--splay)"
            ));
        }
        tokio::time::sleep(wait).await;
    };
    tokio::select! {
        // Signals are listened for before the line is there that invites one.
        biased;
        () = interrupted => Err(Error::Interrupted),
        () = waiting => Ok(()),
    }
}

/// New in every run: a delay that a machine kept would let the same machines meet every time.
fn random() -> Result<u32, Error> {
    let mut bytes = [0; 4];
    let drawn = SystemRandom::new().fill(&mut bytes);
    drawn.map_err(|_| Error::Usage("--splay: the system gives no random numbers".to_owned()))?;
    Ok(u32::from_be_bytes(bytes))
}

fn part(longest: Duration, random: u32) -> Duration {
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_between_nothing_and_all_of_it() {
        let half_an_hour = Duration::from_secs(1800);
        assert_eq!(part(half_an_hour, 0), Duration::ZERO);
        assert_eq!(part(half_an_hour, u32::MAX), half_an_hour);
        let middle = part(half_an_hour, u32::MAX / 2).as_secs();
        assert!((899..=900).contains(&middle), "{middle}");
    }

    #[test]
    fn two_waits_differ() {
        let drawn: std::collections::BTreeSet<u32> = (0..8).filter_map(|_| random().ok()).collect();
        assert!(drawn.len() > 1, "{drawn:?}");
    }
}
