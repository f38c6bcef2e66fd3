//! `helios bench`: a load for a cluster that speaks etcd's API.

mod arguments;
mod load;

use std::io;
use std::time::Duration;

use serde::Serialize;

use crate::output::to_stdout;
pub(crate) use arguments::BenchArguments;
use load::Measured;

/// Runs the load and prints what was measured.
pub(crate) fn bench(arguments: &BenchArguments) -> io::Result<u8> {
    let runtime = tokio::runtime::Runtime::new()?;
    let measured = match runtime.block_on(load::run(arguments)) {
        Ok(measured) => measured,
        Err(reason) => {
            eprintln!("helios: {reason}");
            return Ok(2);
        }
    };
    let summary = Summary::of(arguments, &measured);
    to_stdout(|out| match arguments.json {
        true => writeln!(out, "{}", serde_json::to_string(&summary).map_err(io::Error::other)?),
        false => summary.print(out),
    })?;
    Ok(u8::from(measured.answered() == 0))
}

/// What was measured, in milliseconds.
#[derive(Serialize)]
struct Summary {
    operation: &'static str,
    clients: u32,
    value_bytes: usize,
    seconds: f64,
    answered: u64,
    failed: u64,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    /// The longest time in which no request was answered.
    longest_pause_ms: f64,
    /// What failed requests said, with how many did.
    failures: Vec<(String, u64)>,
}

impl Summary {
    fn of(arguments: &BenchArguments, measured: &Measured) -> Self {
        let latency = |part| measured.latencies.value_at_quantile(part) as f64 / 1000.0;
        let seconds = measured.elapsed.as_secs_f64();
        Self {
            operation: arguments.operation.name(),
            clients: arguments.clients,
            value_bytes: arguments.value_bytes,
            seconds,
            answered: measured.answered(),
            failed: measured.failures.values().sum(),
            per_second: measured.answered() as f64 / seconds,
            p50_ms: latency(0.5),
            p99_ms: latency(0.99),
            p999_ms: latency(0.999),
            max_ms: measured.latencies.max() as f64 / 1000.0,
            longest_pause_ms: milliseconds(measured.longest_pause),
            failures: measured.failures.clone().into_iter().collect(),
        }
    }

    fn print(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let Self { operation, clients, value_bytes, seconds, answered, failed, .. } = self;
        writeln!(out, "{operation}, {clients} clients, values of {value_bytes} bytes")?;
        writeln!(out, "  {answered} answers in {seconds:.2} s: {:.0} a second", self.per_second)?;
        writeln!(
            out,
            "  latency in ms: half within {:.2}, 99 % within {:.2}, 99.9 % within {:.2}, all \
             within {:.2}",
            self.p50_ms, self.p99_ms, self.p999_ms, self.max_ms
        )?;
        writeln!(out, "  longest time without an answer: {:.0} ms", self.longest_pause_ms)?;
        if *failed > 0 {
            writeln!(out, "  {failed} failed:")?;
        }
        for (words, count) in &self.failures {
            writeln!(out, "    {count} × {words}")?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
