use super::*;

#[test]
fn exits_follow_codes_and_statuses() {
    let check = |code: Option<Code>, status: u16, expected: Exit| assert_eq!(Exit::of(code, status), expected, "{code:?} {status}");
    check(Some(Code::ProviderNotFound), 404, Exit::NotFound);
    check(Some(Code::UnknownProvider), 422, Exit::NotFound);
    check(Some(Code::ConsumerNotFound), 422, Exit::NotFound);
    check(Some(Code::KeyRequired), 422, Exit::Usage);
    check(Some(Code::AddressRefused), 422, Exit::Usage);
    check(Some(Code::RouteConflict), 409, Exit::Conflict);
    check(Some(Code::VersionConflict), 412, Exit::Conflict);
    check(Some(Code::NotLeader), 0, Exit::Conflict);
    check(Some(Code::RestartRequired), 202, Exit::NotFinished);
    check(Some(Code::RestartRequired), 409, Exit::NotFinished);
    check(Some(Code::InProgress), 202, Exit::NotFinished);
    check(Some(Code::ModelNotReachable), 502, Exit::NotReachable);
    check(Some(Code::VendorTimeout), 504, Exit::NotReachable);
    check(None, 502, Exit::NotReachable);
    check(Some(Code::ValidationFailed), 422, Exit::Usage);
    check(Some(Code::ValidationFailed), 409, Exit::Conflict);
    check(Some(Code::RollbackIncomplete), 500, Exit::Failed);
    check(Some(Code::AuthFailed), 401, Exit::Failed);
    check(None, 503, Exit::Failed);
}

#[test]
fn an_error_says_its_code_and_what_to_do() {
    let error = CliError::new(Exit::NotFound, "there is no provider `x`").code("PROVIDER_NOT_FOUND").hint("`agm provider list` shows them");
    assert_eq!(error.to_string(), "error[PROVIDER_NOT_FOUND]: there is no provider `x`\nhint: `agm provider list` shows them");
}
