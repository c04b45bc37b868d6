//! Has the crate compiled anew when the web page it embeds was built, or built anew. It builds nothing itself.

fn main() {
    // A path that does not exist would have it compiled anew every time.
    let built = "../../ui/dist";
    let watched = if std::path::Path::new(built).exists() { built } else { "../../ui" };
    println!("cargo::rerun-if-changed={watched}");
}
