"""The files that judge: refused where they are not what their cards say, replaced while the worker runs, never louder
than the rules."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.config import Triage, shipped
from mailbot.domain import Attachment, Email
from mailbot.errors import ArtefactRefused, MailbotError
from mailbot.examples import corpus
from mailbot.triage.artefacts import artefacts, promote
from mailbot.triage.decide import NO_MODEL, Judge
from mailbot.triage.encoder import CARD_FILE, ENCODER_FILE, FOLDER, Encoder
from mailbot.triage.model import CHALLENGER, CHAMPION, SHIPPED, card_of, file_of, read_fitted, verified
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.places import Gazetteer
from mailbot.triage.rules import RuleBook
from mailbot.triage.train import OUTPUTS, Labelled, learn, truth
from tests.doubles import email

MODELS = shipped("models")
DANGER = "He has been hitting my little brother again and he is back in the house with him tonight. Please come."
ATTACHED = Attachment(name="a.txt", media_type="text/plain", size=9, text=DANGER)
CALM = "We have asked for the school place to be confirmed. The lounge was painted in June and the boiler is mended. "


def copied(folder: Path) -> Path:
    """The shipped models in a folder where they may be damaged."""
    for path in MODELS.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    shutil.copytree(MODELS / FOLDER, folder / FOLDER)
    return folder


def judge(models: Path = MODELS, **settings: object) -> Judge:
    rules, phrases, gazetteer = RuleBook.load(MODELS), PhraseBook.load(MODELS), Gazetteer.load(MODELS)
    return Judge(models, rules, phrases, gazetteer, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shipped_judge() -> Judge:
    return judge()


def in_place(models: Path, learnt: Path, name: str) -> None:
    """A copy of the shipped model under the name of a learnt one."""
    learnt.mkdir(exist_ok=True)
    shutil.copy(file_of(models / SHIPPED), file_of(learnt / name))
    shutil.copy(card_of(models / SHIPPED), card_of(learnt / name))


def test_what_ships_is_in_order(tmp_path: Path) -> None:
    found = artefacts(MODELS, Triage(learnt=str(tmp_path)))

    assert [(one.what, one.problem) for one in found] == [("text model", None), ("text encoder", None)]


@pytest.mark.parametrize("file", [f"{SHIPPED}.npz", f"{SHIPPED}.json"])
def test_a_model_that_is_not_what_its_card_says_is_refused_and_rules_carry_on(tmp_path: Path, file: str) -> None:
    models = copied(tmp_path)
    content = (models / file).read_bytes()
    (models / file).write_bytes(content[: len(content) // 2])
    (found,) = judge(models).assess([email(text="She went out Saturday and she's not been back since, she is 14.")])

    assert found.model == NO_MODEL
    assert found.immediate_risk, "rules see a missing child without any model"
    assert not found.whistleblowing_sure, "without a model nobody can be sure that no worker wrote"
    assert artefacts(models, Triage(learnt="nowhere"))[0].problem is not None
    assert (models / file).exists(), "nothing is deleted"


@pytest.mark.parametrize("file", [ENCODER_FILE, CARD_FILE, "tokenizer.json"])
def test_without_its_encoder_the_model_judges_by_words_alone(tmp_path: Path, file: str) -> None:
    models = copied(tmp_path)
    (models / FOLDER / file).write_bytes(b"{}")
    (found,) = judge(models).assess([email(text=DANGER)])

    assert found.model.startswith("triage@")
    assert [one.what for one in artefacts(models, Triage(learnt="nowhere")) if one.problem] == ["text encoder"]


@pytest.mark.soak
def test_the_encoder_can_be_switched_off(shipped_judge: Judge) -> None:
    (without,) = judge(encoder=False).assess([email(text=DANGER)])
    (with_it,) = shipped_judge.assess([email(text=DANGER)])

    assert without.model.startswith("triage@")
    assert with_it.model.startswith("triage+encoder@")
    assert with_it.immediate_risk
    assert without.immediate_risk


def test_a_danger_at_the_end_of_a_very_long_message_is_seen_and_shown(shipped_judge: Judge) -> None:
    text = CALM * 60 + "\n" + DANGER
    (found,) = shipped_judge.assess([email(subject="Various", text=text)])

    assert found.immediate_risk
    shown = [one for one in found.evidence if one.field == "immediate_risk" and one.source == "model"]
    assert all(one.start >= len(CALM * 60) for one in shown)


@pytest.mark.parametrize(
    "message",
    [
        email(subject="Please help", text=DANGER),
        email(subject="", text=f"Hello.\n\n{CALM}\n{DANGER}\nThanks"),
        email(subject="FW: see below", text="", quoted=f"> {CALM}\n{DANGER}"),
        email(
            subject="letter",
            text="",
            attachments=(Attachment(name="a.txt", media_type="text/plain", size=9, text=DANGER),),
        ),
        email(subject=DANGER, text=""),
        email(subject="čeština 🙂 ﬁ", text=f"🙂🙂 ﬁne.\u00a0\u2028{DANGER} 👨‍👩‍👧 ok"),
    ],
)
def test_the_words_of_every_flag_stand_where_it_says(shipped_judge: Judge, message: Email) -> None:
    (found,) = shipped_judge.assess([message])

    assert found.immediate_risk
    assert found.evidence
    for one in found.evidence:
        assert message.part(one.part)[one.start : one.end] == one.text, one


def test_the_encoder_reads_a_text_in_windows_that_leave_nothing_out() -> None:
    text = " ".join(f"word{number}" for number in range(600))
    (windows,) = Encoder.load(MODELS).encode([text])
    covered = {at for window in windows for start, end in window.spans for at in range(start, end)}

    assert len(windows) > 2
    assert {at for at, letter in enumerate(text) if letter != " "} <= covered


def test_a_batch_is_judged_as_each_of_its_messages_alone(shipped_judge: Judge) -> None:
    messages = [email(text=DANGER), email(text=CALM), email(text="", subject=""), email(text=CALM * 40)]
    together = shipped_judge.assess(messages)
    alone = [shipped_judge.assess([one])[0] for one in messages]

    for one, other in zip(together, alone, strict=True):
        assert one.immediate_risk == other.immediate_risk
        assert dict(one.confidence)["immediate_risk"] == pytest.approx(
            dict(other.confidence)["immediate_risk"], abs=0.03
        )


# ---- What an installation learns -------------------------------------------------------------------------------------


@pytest.mark.soak
def test_a_challenger_judges_beside_and_decides_nothing(tmp_path: Path) -> None:
    in_place(MODELS, tmp_path / "learnt", CHALLENGER)
    (found,) = judge(learnt=tmp_path / "learnt").assess([email(text=DANGER)])

    assert found.second_opinion is not None
    assert found.second_opinion.immediate_risk
    assert judge(learnt=tmp_path / "nothing").assess([email(text=DANGER)])[0].second_opinion is None


@pytest.mark.soak
def test_a_promotion_is_seen_by_a_worker_that_runs_and_the_one_before_is_kept(tmp_path: Path) -> None:
    learnt = tmp_path / "learnt"
    running = judge(learnt=learnt)
    running.assess([email(text=DANGER)])
    for version in ("2026-01-01", "2026-02-02"):
        in_place(MODELS, learnt, CHALLENGER)
        card = card_of(learnt / CHALLENGER)
        shipped_version = verified(MODELS / SHIPPED)[0].version
        card.write_text(card.read_text().replace(f'"version": "{shipped_version}"', f'"version": "{version}"'))
        assert promote(learnt) == f"triage@{version}"
        (found,) = running.assess([email(text=DANGER)])
        assert found.model == f"triage+encoder@{version}"
        assert found.second_opinion is None

    assert {path.name for path in learnt.glob("*.json")} == {"champion.json", "champion-2026-01-01.json"}


def test_a_challenger_that_is_damaged_is_not_promoted(tmp_path: Path) -> None:
    in_place(MODELS, tmp_path / "learnt", CHALLENGER)
    file_of(tmp_path / "learnt" / CHALLENGER).write_bytes(b"no model")

    with pytest.raises(ArtefactRefused, match="not the file its card describes"):
        promote(tmp_path / "learnt")
    with pytest.raises(MailbotError, match="no challenger"):
        promote(tmp_path)


def test_a_damaged_champion_leaves_the_deciding_to_the_shipped_model(tmp_path: Path) -> None:
    in_place(MODELS, tmp_path / "learnt", CHAMPION)
    file_of(tmp_path / "learnt" / CHAMPION).write_bytes(b"no model")
    (found,) = judge(learnt=tmp_path / "learnt").assess([email(text=DANGER)])

    assert found.model.startswith("triage+encoder@")
    assert found.immediate_risk


def few(examples: list[Labelled]) -> Iterator[Labelled]:
    """Some of the corpus with every value in it: enough to fit on in seconds."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in examples:
        values = [
            (one.split, field, value)
            for field in OUTPUTS
            for value in OUTPUTS[field]
            if truth(one.labels, field, value)
        ]
        if any(seen[value] < 2 for value in values):
            seen.update(values)
            yield one


@pytest.mark.soak
def test_a_learnt_model_knows_the_words_of_the_shipped_one_and_no_other(tmp_path: Path) -> None:
    examples = list(few(corpus(MODELS)))
    secret = "Zzyzxqua quandary zzyzxqua " * 30
    lesson = Labelled("MB-1", "MB-1", "train", email(text=secret), examples[0].labels)
    learn(examples, [lesson], MODELS, tmp_path / CHALLENGER, "now", judge().named, lambda step: None)
    card, learnt = read_fitted(tmp_path / CHALLENGER)
    _, before = read_fitted(MODELS / SHIPPED)

    for name in ("words", "runs"):
        new, old = getattr(learnt.statistics, name), getattr(before.statistics, name)
        assert new.terms == old.terms
        assert (new.idf == old.idf).all()
    assert card.name == "learnt"
    assert judge(model=tmp_path / CHALLENGER).assess([email(text=DANGER)])[0].model == "learnt+encoder@now"
