"""`mailbot models`, `train` and `evaluate`: the models that judge, and how they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from mailbot.cases import audit
from mailbot.clock import now
from mailbot.commands.options import ConfigOption, JsonOption
from mailbot.commands.terminal import progress, table
from mailbot.config import shipped
from mailbot.errors import MailbotError
from mailbot.parts import judge, parts_of

app = typer.Typer(no_args_is_help=True, help="The models that judge, and how they do.")


@app.command("list")
def listed(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """What judges here, and whether each file is what its card says."""
    from mailbot.triage.artefacts import artefacts

    found = artefacts(shipped("models"), parts_of(config).config.triage)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found)))
        return
    table(["artefact", "name", "state"], [[one.what, one.name, one.problem or "in order"] for one in found])


@app.command("promote")
def promoted(
    as_officer: Annotated[str, typer.Option("--as", help="The duty manager who decides it on the figures.")],
    config: ConfigOption = None,
) -> None:
    """Have the challenger decide from now on, once a person has seen its figures; what decided before is kept."""
    from mailbot.triage.artefacts import promote
    from mailbot.web import accounts

    installation = parts_of(config).ready()
    officer = accounts.officer(installation.engine, as_officer)
    with installation.learning.promotion(officer) as promotion:
        promotion.promoted = promote(Path(installation.config.triage.learnt))
    print(f"{promotion.promoted} decides from the next message on")


def train(
    from_officers: Annotated[
        bool, typer.Option("--from-officers", help="Fit a challenger on what officers have answered, too.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Fit the model on models/corpus and write it with its card and figures."""
    from mailbot.examples import corpus, taught
    from mailbot.triage import train as fitting
    from mailbot.triage.model import CHALLENGER, SHIPPED

    models, version = shipped("models"), f"{now():%Y-%m-%d}"
    examples = corpus(models)
    if not from_officers:
        card = fitting.train(examples, models, version, judge().named, progress)
        _print_scores(_measured(card, models / SHIPPED, examples))
        return
    installation = parts_of(config).ready()
    lessons, erased = installation.learning.lessons(audit.COMMAND_LINE)
    if not lessons:
        raise MailbotError("no officer has answered a case yet: there is nothing to learn from")
    at = Path(installation.config.triage.learnt) / CHALLENGER
    at.parent.mkdir(mode=0o700, exist_ok=True)
    card = fitting.learn(examples, taught(lessons), models, at, f"{now():%Y-%m-%dT%H%M}", judge().named, progress)
    _print_scores(_measured(card, at, examples))
    print(
        f"{len(lessons)} answered cases learnt from, {erased} left out because they are erased. "
        "The challenger judges beside the champion from the next message on; see its figures on the Model page"
    )


def _measured(card: Any, at: Path, examples: list[Any]) -> list[Any]:
    """The figures on the validation part with and without the encoder, written into the card; those with it."""
    from mailbot.triage import evaluate as scoring
    from mailbot.triage.model import ENCODED, WORDS
    from mailbot.triage.train import write_card

    held = [example for example in examples if example.split == "validation"]
    metrics: dict[str, dict[str, float]] = {}
    scores: list[Any] = []
    sets: tuple[tuple[str, Literal["off", "auto"]], ...] = ((WORDS, "off"), (ENCODED, "auto"))
    for name, encoder in sets:
        scores = scoring.evaluate(held, judge(encoder=encoder, model=at).assess([one.email for one in held]))
        metrics[name] = {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}
    write_card(msgspec.structs.replace(card, metrics=metrics), at)
    return scores


def evaluate(
    file: Path,
    as_json: JsonOption = False,
    misses: Annotated[bool, typer.Option("--misses", help="Also print every wrong answer.")] = False,
) -> None:
    """Score against labelled messages (JSON lines with the text and its labels)."""
    from mailbot.examples import labelled
    from mailbot.triage import evaluate as scoring

    examples = labelled(file)
    assessments = judge().assess([example.email for example in examples])
    scores = scoring.evaluate(examples, assessments)
    if as_json:
        print(json.dumps(msgspec.to_builtins(scores)))
    else:
        _print_scores(scores)
    if misses:
        for name, field, said, right in scoring.misses(examples, assessments):
            print(f"{name} {field}: said {said}, right {right}")


def _print_scores(scores: list[Any]) -> None:
    rows = [[score.field, score.measure, f"{score.value:.3f}", str(score.count)] for score in scores]
    table(["field", "measure", "value", "of"], rows)
