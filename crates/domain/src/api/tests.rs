use super::*;

#[test]
fn the_end_of_the_path_tells_the_api() {
    let check = |path: &str, want: Option<(Api, &str)>| assert_eq!(Api::locate(path), want, "{path}");
    check("/v1/chat/completions", Some((Api::ChatCompletions, "/chat/completions")));
    check("/v1/completions", Some((Api::Completions, "/completions")));
    check("/any/prefix/v1/embeddings", Some((Api::Embeddings, "/embeddings")));
    check("/v1/v1/models", Some((Api::Models, "/models")));
    check("/v1/files/file-1/content", Some((Api::Files, "/files/file-1/content")));
    check("/v1/batches/b/cancel", Some((Api::Batches, "/batches/b/cancel")));
    check("/v1/fine_tuning/jobs/j/events", Some((Api::FineTuning, "/fine_tuning/jobs/j/events")));
    check("/v1/responses/resp_1", Some((Api::Responses, "/responses/resp_1")));
    check("/v1/models/gpt-5-mini", Some((Api::Models, "/models/gpt-5-mini")));
    check("/v1/rerank", Some((Api::Rerank, "/rerank")));
    check("/v1/reranks", Some((Api::Reranks, "/reranks")));
    check("/v1/complete", Some((Api::Complete, "/complete")));
    for other in [
        "/",
        "/v1",
        "/v1/",
        "/chat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions/x",
        "/v1/chat",
        "/v1/completionsx",
        "/xv1/models",
        "/v1/files/../models",
        "/v1/files//content",
        "/v1/files/f/other",
        "/v1beta/models/g:generateContent",
        "/v1/models/g:generateContent",
    ] {
        check(other, None);
    }
}

#[test]
fn every_standard_path_is_recognised_as_itself() {
    for api in Api::ALL {
        assert_eq!(Api::detect(api.standard_path()), Some(*api));
        assert_eq!(api.to_string(), api.name());
    }
}
