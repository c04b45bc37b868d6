"""A tool call, and the turn after it, in both dialects, whole and streamed."""

import json

import anthropic
import openai
import pytest

from bed.vendors import Vendors

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
QUESTION = {"role": "user", "content": "call get_weather for me"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_openai(client: openai.OpenAI, vendors: Vendors, stream: bool) -> None:
    model = vendors["qwen"].model
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]

    def ask(messages: list) -> openai.types.chat.ChatCompletionMessage:
        if not stream:
            return client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        with client.chat.completions.stream(model=model, messages=messages, tools=tools) as events:
            return events.get_final_completion().choices[0].message

    call = ask([QUESTION])
    assert call.tool_calls and call.tool_calls[0].function.name == "get_weather"
    assert json.loads(call.tool_calls[0].function.arguments) == {"city": "sample"}

    result = {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "rain"}
    answer = ask([QUESTION, call.model_dump(include={"role", "content", "tool_calls"}), result])
    assert answer.content == "qwen heard from the tool: rain"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_anthropic(claude: anthropic.Anthropic, vendors: Vendors, stream: bool) -> None:
    model = vendors["anthropic"].model
    tools = [{"name": "get_weather", "input_schema": SCHEMA}]

    def ask(messages: list) -> anthropic.types.Message:
        if not stream:
            return claude.messages.create(model=model, max_tokens=100, messages=messages, tools=tools)
        with claude.messages.stream(model=model, max_tokens=100, messages=messages, tools=tools) as events:
            return events.get_final_message()

    call = ask([QUESTION])
    assert call.stop_reason == "tool_use"
    use = call.content[0]
    assert use.type == "tool_use" and use.name == "get_weather" and use.input == {"city": "sample"}

    result = {"type": "tool_result", "tool_use_id": use.id, "content": "rain"}
    use_given_back = {"type": "tool_use", "id": use.id, "name": use.name, "input": use.input}
    turns = [QUESTION, {"role": "assistant", "content": [use_given_back]}, {"role": "user", "content": [result]}]
    answer = ask(turns)
    assert answer.content[0].type == "text" and answer.content[0].text == "anthropic heard from the tool: rain"
