//! The program `corridor`.

fn main() -> std::process::ExitCode {
    corridor_node::cli::main(std::env::args_os().collect())
}
