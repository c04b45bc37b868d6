//! One vendor of every flavour, for a client of your own: `cargo run -p agm-simvendor --example vendors`.
//!
//! Prints a line `<flavour> <url>` for each and runs until it is interrupted. The key is `sk-demo`, the model `demo`.
#![allow(clippy::print_stdout)]

use agm_simvendor::{Flavour, Script, Vendor};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut vendors = Vec::new();
    for flavour in Flavour::ALL {
        let name = format!("{flavour:?}").to_lowercase();
        let vendor = Vendor::start(Script::new(&name, flavour).key("sk-demo").model("demo").cached_tokens(1)).await?;
        println!("{name} {}", vendor.url());
        vendors.push(vendor);
    }
    tokio::signal::ctrl_c().await?;
    for vendor in vendors {
        vendor.stop().await;
    }
    Ok(())
}
