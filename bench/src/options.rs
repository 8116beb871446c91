//! The command line.

use std::path::PathBuf;

/// How to call it.
pub const USAGE: &str = "\
cargo run --release --manifest-path bench/Cargo.toml -- [OPTIONS]

  --autogenerate     measure `check`, autogenerate and rebuilds instead
  --quick            small sizes and few runs, to see that everything works
  --sizes N,N,…      compare the tools on projects of these sizes (1,100,1000,10000)
  --no-growth        leave out the growth up to 16,000 revisions
  --migrator FILE    measure this binary instead of building one
  --dir FOLDER       work in this folder, which decides what an fsync costs

BENCH_PYTHON names the Python that has Alembic; the default is python3.
The exit status is 1 when a target is missed.";

/// What was asked for.
#[derive(Debug)]
pub struct Options {
    pub autogenerate: bool,
    pub quick: bool,
    pub growth: bool,
    pub sizes: Vec<usize>,
    pub migrator: Option<PathBuf>,
    pub folder: PathBuf,
}

impl Options {
    /// Reads the arguments; `Err` holds what is wrong with them.
    pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut sizes = None;
        let mut options = Self {
            autogenerate: false,
            quick: false,
            growth: true,
            sizes: Vec::new(),
            migrator: None,
            folder: std::env::temp_dir(),
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--autogenerate" => options.autogenerate = true,
                "--quick" => options.quick = true,
                "--no-growth" => options.growth = false,
                "--migrator" => {
                    let path = PathBuf::from(value()?);
                    let path = path.canonicalize().map_err(|err| format!("{arg}: {err}"))?;
                    options.migrator = Some(path);
                }
                "--dir" => options.folder = PathBuf::from(value()?),
                "--sizes" => {
                    let parse = |it: &str| it.parse().map_err(|err| format!("`{it}`: {err}"));
                    sizes = Some(value()?.split(',').map(parse).collect::<Result<Vec<_>, _>>()?);
                }
                _ => return Err(format!("unknown argument `{arg}`\n\n{USAGE}")),
            }
        }
        let default = if options.quick { vec![1, 100] } else { vec![1, 100, 1_000, 10_000] };
        options.sizes = sizes.unwrap_or(default);
        Ok(options)
    }
}
