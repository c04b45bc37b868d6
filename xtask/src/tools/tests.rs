use std::cell::Cell;

use super::*;

/// Installs `wanted` at `place` and says whether anything had to be done.
fn filled(place: &Path, wanted: &str, result: fn() -> Result<()>) -> bool {
    let ran = Cell::new(false);
    install(place, wanted, || {
        ran.set(true);
        result()
    })
    .ok();
    ran.get()
}

#[test]
fn an_installation_happens_once_and_again_when_broken_off_or_outdated() {
    let place = Workspace::here().scratch("install-test").unwrap().join("tool");
    assert!(filled(&place, "1", || bail!("no network")));
    assert!(filled(&place, "1", || Ok(())), "a failed installation leaves no stamp");
    assert!(!filled(&place, "1", || Ok(())));
    std::fs::write(place.join("left over"), "").unwrap();
    assert!(filled(&place, "2", || Ok(())), "another version starts anew");
    assert!(!place.join("left over").exists());
}

#[test]
fn the_new_directory_comes_first_in_path() {
    let path = path_with(Path::new("/first")).unwrap();
    assert_eq!(std::env::split_paths(&path).next().unwrap(), Path::new("/first"));
    assert!(path_with(Path::new("/a:b")).is_err());
}
