//! How fast new connections are opened: a token bucket, a limit on ladders that work, and one on descriptors.
//!
//! A burst of connects to many hosts looks like a scan; a ladder that waits for a silent peer must
//! not hold a place that a healthy one needs.

use std::future::Future;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// What has waited this long gives its place to somebody who can work.
pub(super) const SILENT_GIVES_WAY: Duration = Duration::from_millis(300);

/// How often whoever waits for a silent peer looks whether somebody needs its room.
const LOOKS_AGAIN: Duration = Duration::from_millis(50);

/// New connections: at most `burst` at once, then `per_second`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    pub burst: u32,
    pub per_second: u32,
}

/// `--rate BURST/PER_SECOND|off`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    Limited(Rate),
    Off,
}

impl Default for Pace {
    fn default() -> Self {
        Self::Limited(Rate {
            burst: 64,
            per_second: 200,
        })
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let parts = || -> Result<Option<Rate>, ParseIntError> {
            let Some((burst, per_second)) = text.split_once('/') else {
                return Ok(None);
            };
            Ok(Some(Rate {
                burst: burst.parse()?,
                per_second: per_second.parse()?,
            }))
        };
        match parts() {
            Ok(Some(rate)) if rate.burst > 0 && rate.per_second > 0 => Ok(Self::Limited(rate)),
            _ => Err("expected BURST/PER_SECOND, both at least 1, or `off`".to_owned()),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    bucket: Mutex<Bucket>,
    working: Arc<Semaphore>,
    descriptors: Arc<Semaphore>,
    /// How many wait for room.
    waiting: AtomicUsize,
    /// For those that wait for silent peers to the end while others wait for room.
    patient: Arc<Semaphore>,
    patient_at_most: usize,
}

/// One that waits for room, for as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The permits that a ladder holds while it climbs: room for its sockets, and its place among those that work.
#[derive(Debug)]
pub(crate) struct Places {
    descriptors: OwnedSemaphorePermit,
    place: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// Does some work of the ladder in its place, which is given back while a peer is silent and taken again to go on.
    pub(crate) async fn work<T>(&mut self, pacer: &Pacer, work: impl Future<Output = T>) -> T {
        let place = match self.place.take() {
            Some(place) => place,
            None => pacer.place().await,
        };
        let (done, place) = Pacer::in_place(place, work).await;
        self.place = place;
        done
    }

    /// For a connection that stays open and does nothing: the room for its socket alone.
    pub(crate) fn idle(self) -> OwnedSemaphorePermit {
        self.descriptors
    }
}

/// A token that was taken and may yet not be used.
struct Unused<'a>(&'a Pacer, Rate);

impl Drop for Unused<'_> {
    fn drop(&mut self) {
        let Self(pacer, rate) = self;
        let mut bucket = pacer.bucket();
        bucket.next = bucket.next.saturating_sub(interval(*rate));
    }
}

fn interval(rate: Rate) -> Duration {
    Duration::from_secs(1) / rate.per_second
}

#[derive(Debug)]
struct Bucket {
    epoch: Instant,
    /// When the next token falls due, if the bucket were emptied steadily; counted from one full
    /// bucket before `epoch`, so that the first burst is free.
    next: Duration,
}

impl Pacer {
    pub(crate) fn new(pace: Pace, concurrency: usize, descriptors: usize) -> Self {
        // The rest is for those that have not had their turn yet.
        let patient_at_most = (descriptors * 3 / 4).max(1);
        Self {
            pace,
            bucket: Mutex::new(Bucket {
                epoch: Instant::now(),
                next: Duration::ZERO,
            }),
            working: Arc::new(Semaphore::new(concurrency)),
            descriptors: Arc::new(Semaphore::new(descriptors)),
            waiting: AtomicUsize::new(0),
            patient: Arc::new(Semaphore::new(patient_at_most)),
            patient_at_most,
        }
    }

    /// A place among the ladders that work.
    pub(crate) async fn place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.working)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    /// Does some work in a place among what works. The place is given back once the work seems to wait for a silent peer,
    /// and returned if it is still held.
    pub(crate) async fn in_place<T>(
        place: OwnedSemaphorePermit,
        work: impl Future<Output = T>,
    ) -> (T, Option<OwnedSemaphorePermit>) {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => (done, Some(place)),
            () = tokio::time::sleep(SILENT_GIVES_WAY) => {
                drop(place);
                (work.await, None)
            }
        }
    }

    /// What one ladder needs before it climbs.
    pub(crate) async fn places(&self) -> Places {
        Places {
            descriptors: self.descriptor().await,
            place: Some(self.place().await),
        }
    }

    /// Room for the sockets of one ladder: the connect and its two hedges.
    pub(crate) async fn descriptor(&self) -> OwnedSemaphorePermit {
        let _waiting = Waiting::among(&self.waiting);
        Arc::clone(&self.descriptors)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    /// Waits until somebody else needs the room of whoever waits for a peer that has said nothing so far.
    pub(crate) async fn room_is_wanted(&self) {
        tokio::time::sleep(SILENT_GIVES_WAY).await;
        while self.waiting.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
    }

    /// Leave to keep one's room until a silent peer's time is over.
    pub(crate) async fn patience(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.patient)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    /// The same, if it can be had at once.
    pub(crate) fn patience_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.patient).try_acquire_owned().ok()
    }

    /// The same, if half of it is left.
    pub(crate) fn spare_patience(&self) -> Option<OwnedSemaphorePermit> {
        let left = self.patient.available_permits();
        (left * 2 > self.patient_at_most).then(|| self.patience_now())?
    }

    /// Waits until one more connection may be opened. Whoever no longer wants to gives the token back.
    pub(crate) async fn token(&self) {
        let Pace::Limited(rate) = self.pace else {
            return;
        };
        let due = self.reserve(rate, Instant::now());
        let unused = Unused(self, rate);
        tokio::time::sleep_until(due).await;
        std::mem::forget(unused);
    }

    /// Waits until a connection may be opened that nothing depends on: all that have a token already go before it.
    pub(crate) async fn spare_token(&self) {
        let Pace::Limited(rate) = self.pace else {
            return;
        };
        while let Err(due) = self.reserve_if(rate, Instant::now(), |due, now| due <= now) {
            tokio::time::sleep_until(due).await;
        }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket
            .lock()
            .expect("no task panics while it holds the bucket")
    }

    /// Takes a token and says when it may be used.
    fn reserve(&self, rate: Rate, now: Instant) -> Instant {
        match self.reserve_if(rate, now, |_, _| true) {
            Ok(due) | Err(due) => due,
        }
    }

    /// When the next token may be used: `Ok` if that suits and it is taken, `Err` if not.
    fn reserve_if(
        &self,
        rate: Rate,
        now: Instant,
        suits: fn(Instant, Instant) -> bool,
    ) -> Result<Instant, Instant> {
        let interval = interval(rate);
        let credit = interval * (rate.burst - 1);
        let mut bucket = self.bucket();
        let next = bucket.next.max(now.duration_since(bucket.epoch));
        let due = now.max(bucket.epoch + next.saturating_sub(credit));
        if !suits(due, now) {
            return Err(due);
        }
        bucket.next = next + interval;
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let rate = Rate {
            burst: 4,
            per_second: 10,
        };
        let pacer = Pacer::new(Pace::Limited(rate), 8, 8);
        tokio::time::advance(Duration::from_secs(5)).await;
        let start = Instant::now();
        let waits: Vec<u128> = (0..6)
            .map(|_| pacer.reserve(rate, start).duration_since(start).as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 100, 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_not_needed_waits_for_all_who_are() {
        let rate = Rate {
            burst: 1,
            per_second: 10,
        };
        let pacer = Pacer::new(Pace::Limited(rate), 8, 8);
        let start = Instant::now();
        let first_connects = async {
            for _ in 0..3 {
                pacer.token().await;
            }
            start.elapsed().as_millis()
        };
        let hedge = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            // The queue is one long, and each newcomer goes before.
            pacer.spare_token().await;
            start.elapsed().as_millis()
        };
        assert_eq!(tokio::join!(first_connects, hedge), (200, 300));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_waiting_takes_nobody_elses_turn() {
        let rate = Rate {
            burst: 1,
            per_second: 1,
        };
        let pacer = Pacer::new(Pace::Limited(rate), 8, 8);
        let start = Instant::now();
        pacer.token().await;
        let gives_up = || tokio::time::timeout(Duration::from_millis(100), pacer.token());
        let gave_up = tokio::join!(gives_up(), gives_up(), gives_up());
        assert!(gave_up.0.is_err() && gave_up.1.is_err() && gave_up.2.is_err());
        pacer.token().await;
        assert_eq!(start.elapsed().as_millis(), 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_silent_peer_gives_its_place_to_the_next() {
        let pacer = Pacer::new(Pace::Off, 1, 8);
        let start = Instant::now();
        let silent = async {
            let wait = tokio::time::sleep(Duration::from_secs(3));
            Pacer::in_place(pacer.place().await, wait).await
        };
        let quick = async {
            let now = async { start.elapsed().as_millis() };
            let (at, place) = Pacer::in_place(pacer.place().await, now).await;
            (at, place.is_some())
        };
        let ((ended, place), quick) = tokio::join!(silent, quick);
        assert_eq!((ended, place.is_none()), ((), true));
        assert_eq!(quick, (300, true));
        assert_eq!(start.elapsed().as_millis(), 3000);
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_wanted_once_somebody_waits_for_it_and_not_before_a_silence() {
        let pacer = Pacer::new(Pace::Off, 8, 1);
        let start = Instant::now();
        let held = pacer.descriptor().await;
        let silent = async {
            pacer.room_is_wanted().await;
            drop(held);
            start.elapsed().as_millis()
        };
        let late = async {
            tokio::time::sleep(Duration::from_millis(1010)).await;
            drop(pacer.descriptor().await);
            start.elapsed().as_millis()
        };
        let (gave, had) = tokio::join!(silent, late);
        assert!((1010..1100).contains(&gave) && had == gave, "{gave} {had}");
        // Nobody waits any more.
        let wanted = tokio::time::timeout(Duration::from_secs(9), pacer.room_is_wanted());
        assert!(wanted.await.is_err());
    }

    #[test]
    fn a_rate_is_two_positive_numbers_or_off() {
        assert_eq!("off".parse(), Ok(Pace::Off));
        assert_eq!("64/200".parse(), Ok(Pace::default()));
        for wrong in ["", "64", "0/5", "5/0", "a/b", "-1/2"] {
            assert!(wrong.parse::<Pace>().is_err(), "{wrong}");
        }
    }
}
