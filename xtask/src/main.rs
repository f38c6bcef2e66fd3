//! `cargo xtask …`: build, serve, test and check this repository. It installs the tools that are
//! missing: a machine with Rust and a C compiler is enough to start.

mod bench_page;
mod browser;
mod ci;
mod counts;
mod icons;
mod instructions;
mod mutants;
mod npm;
mod npm_pack;
mod offline;
mod page;
mod parts;
mod process;
mod serve;
mod suites;
mod tidy;
mod toolbox;
mod workspace;

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// The result of a task. The user sees only the text of the error.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
Usage: cargo xtask <task>

  serve [--port N]       build the optimized page and serve it, on port 8080 by default
  test [SUITE…] [-- …]   run the tests: native, browser, e2e; these three by default, and engines:
                         the page in Chromium, Firefox and WebKit.
                         Arguments after -- go to the runner (a filter, for example)
  bench                  measure the speed of the fuzzer, natively and in a browser
  bench instructions [HELIOS]
                         count the instructions of the fuzzer with Valgrind, and those of an
                         earlier build of `helios`, to compare with
  bench page [--quick] [FILE]
                         measure the budgets of the page in a browser: an hour, or ten minutes
                         with --quick; with FILE only the files of tests/bench with that name
  mutants [--package NAME] [--shard K/N]
                         change one rule at a time in the crates to publish:
                         a test must fail. Hours; results are kept in target/mutants
  spec                   look at all runs of spec/Raft.tla within bounds, see that planted
                         mistakes are found, and hold traces against it
  tidy                   check the rules that the compiler does not know
  ci                     fmt, clippy, docs, tidy, test: all must pass before a change is accepted
  dist                   build the page into dist/ for publishing and print its size
  npm-pack [FOLDER]      build the page as for publishing, or take the folder of a built one, and
                         pack the npm package with it into target/npm/
  offline FOLDER         bring the names, the version and the list of files of a built page up to
                         date, after a change of its files

The first serve and the first test print which tools are missing and install them into
$HELIOS_TOOLS, by default ~/.cache/helios-tools. They replace nothing on this machine.";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<ExitCode> {
    match args {
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        ["serve"] => serve::serve(serve::DEFAULT_PORT),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => serve::serve(port),
            Err(_) => Err(format!("--port takes a number from 0 to 65535, not {port:?}").into()),
        },
        ["test", rest @ ..] => suites::test(rest),
        ["bench"] => suites::bench(),
        ["bench", "instructions"] => instructions::count(None),
        ["bench", "instructions", other] => instructions::count(Some(other)),
        ["bench", "page"] => bench_page::bench_page(false, None),
        ["bench", "page", "--quick"] => bench_page::bench_page(true, None),
        ["bench", "page", "--quick", only] => bench_page::bench_page(true, Some(only)),
        ["bench", "page", only] => bench_page::bench_page(false, Some(only)),
        ["mutants", rest @ ..] => mutants::mutants(rest),
        ["spec"] => suites::specification(),
        ["tidy"] => tidy::tidy(),
        ["ci"] => ci::ci(),
        ["dist"] => page::dist(),
        ["npm-pack"] => npm_pack::npm_pack(None),
        ["npm-pack", page] => npm_pack::npm_pack(Some(Path::new(page))),
        ["parts"] => parts::parts(),
        ["offline", folder] => offline::offline(Path::new(folder)),
        _ => Err(format!("unknown task or arguments: {:?}\n\n{USAGE}", args.join(" ")).into()),
    }
}
