/// Two kinds of events with one number would make two different runs look equal.
#[test]
fn each_event_starts_its_part_of_the_trace_hash_with_a_number_of_its_own() {
    let sources = [
        include_str!("../event.rs"),
        include_str!("client.rs"),
        include_str!("cluster.rs"),
        include_str!("disk.rs"),
        include_str!("message.rs"),
        include_str!("network.rs"),
        include_str!("outcome.rs"),
        include_str!("process.rs"),
        include_str!("state_machine.rs"),
    ];
    let lines = sources.iter().flat_map(|source| source.lines());
    // The outcome of a request is hashed after the number of its event.
    let hashed = lines.filter(|line| line.contains(".hash(hash)") && !line.contains("Outcome::"));
    let number = |line: &str| {
        let expression = line.rsplit("=> ").next()?.trim_start().trim_start_matches('(');
        expression.split([',', '.']).next()?.parse::<u32>().ok()
    };
    let mut numbers: Vec<u32> = hashed.filter_map(number).collect();
    assert!(numbers.len() > 30, "only {} numbers were found", numbers.len());
    numbers.sort_unstable();
    let twice: Vec<_> = numbers.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "two events have one number: {twice:?}; in use are {numbers:?}");
}
