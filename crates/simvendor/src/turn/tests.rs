use super::*;

#[test]
fn arguments_fit_the_schema() {
    let schema = json!({"type": "object", "properties": {
        "city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["c", "f"]},
        "at": {"type": "object", "properties": {"hour": {"type": "number"}}},
    }});
    assert_eq!(sample(&schema), json!({"city": "sample", "days": 1, "unit": "c", "at": {"hour": 1}}));
}

#[test]
fn a_tool_is_named_by_a_whole_word() {
    let talk = |question: &str| Conversation {
        question: question.to_owned(),
        tools: vec![Tool { name: "read".to_owned(), schema: Value::Null }],
        ..Conversation::default()
    };
    assert!(wanted_tool(ToolUse::WhenNamed, &talk("please read it")).is_some());
    assert!(wanted_tool(ToolUse::WhenNamed, &talk("are you ready?")).is_none());
    assert!(wanted_tool(ToolUse::Always, &talk("hello")).is_some());
    assert!(wanted_tool(ToolUse::Never, &talk("please read it")).is_none());
}
