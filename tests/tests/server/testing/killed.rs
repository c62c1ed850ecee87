//! Users, guards and servers that are killed.

use std::{fs, thread};

use crate::testing::place::{IDLE, Place, directory_of};
use crate::testing::process::{guard_of, is_served, kill, said, until};

#[test]
fn a_killed_user_leaves_nothing_behind() {
    let place = Place::new();
    let user = place.hold("shared::the_shared_server_answers");
    let directory = directory_of(&user.url);
    // It outlives the idle time while somebody uses it.
    thread::sleep(IDLE * 2);
    assert!(is_served(&directory));
    user.kill();
    place.becomes_empty();
}

#[test]
fn a_killed_guard_is_replaced() {
    let place = Place::new();
    let first = place.hold("shared::the_shared_server_answers");
    let directory = directory_of(&first.url);
    let guard = guard_of(&directory).unwrap();
    kill(guard);
    let second = place.hold("shared::the_shared_server_answers");
    assert_eq!(second.url, first.url);
    assert!(guard_of(&directory).is_some_and(|new| new != guard));
    first.kill();
    second.kill();
    place.becomes_empty();
}

#[test]
fn a_guard_killed_last_of_all_is_replaced_in_the_next_run() {
    let place = Place::new();
    let first = place.hold("shared::the_shared_server_answers");
    let directory = directory_of(&first.url);
    let owner = place.hold("private::a_private_server_goes_with_its_owner");
    let private = directory_of(&owner.url);
    for directory in [&directory, &private] {
        kill(guard_of(directory).unwrap());
    }
    // Quickly, because this test itself may be interrupted, and then no one would stop these servers.
    first.kill();
    owner.kill();
    said(place.spawn("shared::the_shared_server_answers"));
    place.becomes_empty();
}

#[test]
fn a_killed_server_is_replaced() {
    let place = Place::new();
    let first = place.hold("shared::the_shared_server_answers");
    let directory = directory_of(&first.url);
    let pid = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    kill(pid.lines().next().unwrap().parse().unwrap());
    until(|| !is_served(&directory));
    let second = place.hold("shared::the_shared_server_answers");
    assert_ne!(second.url, first.url);
    first.kill();
    second.kill();
    place.becomes_empty();
}
