//! Identifiers of one process stand in the order in which they were made. Alone in its process: a test
//! beside it that makes some of another time would begin the count anew.

use corridor_base::{ActId, DeliveryId, FixedClock, OsRandom, Timestamp};

#[test]
fn identifiers_of_one_instant_stand_in_the_order_in_which_they_were_made() {
    let clock = FixedClock::at(Timestamp::parse("2026-11-22T09:15:00.000Z").unwrap());
    let made: Vec<String> = (0..1_000)
        .map(|i| match i % 2 {
            0 => ActId::new(&clock, &OsRandom).to_string(),
            _ => DeliveryId::new(&clock, &OsRandom).to_string(),
        })
        .collect();
    assert!(made.is_sorted());
    assert!(made.iter().all(|id| id.starts_with(&made[0][..13])), "one millisecond");
}
