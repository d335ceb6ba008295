"""What outlives the sandbox when it keeps its data in a file."""

from __future__ import annotations

import json
import time

from openai import OpenAI

from hsai_kit.sandbox import Sandbox

from .conftest import choice_format, question


def client_of(sandbox):
    return OpenAI(api_key=sandbox.openai_key, base_url=sandbox.openai_url, max_retries=0, timeout=10)


def test_files_batches_and_stored_responses_survive_a_restart(tmp_path):
    body = question("State: Calif.", text=choice_format())
    lines = [{"custom_id": f"q{n}", "method": "POST", "url": "/v1/responses", "body": body} for n in range(8)]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    data = tmp_path / "sandbox.sqlite"
    with Sandbox(data=data, contacts=20) as sandbox, client_of(sandbox) as client:
        sandbox.limits("openai", batch_seconds=1.5)
        kept = client.responses.create(**body | {"store": True})
        file = client.files.create(file=("q.jsonl", content), purpose="batch")
        batch = client.batches.create(input_file_id=file.id, endpoint="/v1/responses", completion_window="24h")
        assert batch.status == "validating"
    with Sandbox(data=data, contacts=20) as sandbox, client_of(sandbox) as client:
        assert client.responses.retrieve(kept.id).output_text == kept.output_text
        assert client.files.content(file.id).read() == content
        deadline = time.monotonic() + 8
        while client.batches.retrieve(batch.id).status != "completed":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        finished = client.batches.retrieve(batch.id)
        assert finished.request_counts.completed == 8
        another = client.files.create(file=("q.jsonl", content), purpose="batch")
        assert another.id not in (file.id, finished.output_file_id)
