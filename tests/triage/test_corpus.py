"""The written corpus: valid labels, invented people, no near-duplicates, and parts kept apart by scenario."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

from mailbot.config import shipped
from mailbot.domain import Confidentiality, Contact, Kind, Remit, ServiceType, Situation, Whistleblowing

FILES = sorted((shipped("models") / "corpus").glob("*.jsonl"))
CORPUS: list[dict[str, Any]] = [json.loads(line) for file in FILES for line in file.read_text().splitlines()]
VALUES = {
    "kind": Kind,
    "remit": Remit,
    "service_type": ServiceType,
    "whistleblowing": Whistleblowing,
    "confidentiality": Confidentiality,
    "contact": Contact,
}


SECOND = [json.loads(line) for line in (shipped("models") / "second_reading.jsonl").read_text().splitlines()]


def test_every_message_has_a_name_of_its_own() -> None:
    assert len({one["id"] for one in CORPUS}) == len(CORPUS) >= 1500


def test_every_difficulty_is_well_covered() -> None:
    traits = Counter(trait for one in CORPUS for trait in one.get("traits", ()))
    services = Counter(one["labels"]["service_type"] for one in CORPUS)

    assert sum(one["labels"]["immediate_risk"] for one in CORPUS) >= 300
    assert traits["hard_negative"] >= 350
    assert traits["welsh"] + traits["bilingual"] >= 60
    assert traits["child"] >= 80
    assert min(services[kind] for kind in ServiceType) >= 30


def test_a_second_reader_agrees_as_the_data_card_says() -> None:
    known = {one["id"]: one for one in CORPUS}
    card = (shipped("models") / "corpus" / "README.md").read_text()

    assert len(SECOND) == 200
    assert all(known[one["id"]]["split"] == "validation" for one in SECOND)
    for field, said in (("kind", "kind in\n0.99"), ("immediate_risk", "immediate risk 0.995"), ("remit", "remit 0.97")):
        same = sum(one["labels"][field] == known[one["id"]]["labels"][field] for one in SECOND)
        assert said in card
        assert same / len(SECOND) == float(said.split()[-1])


def test_every_label_is_a_value_of_the_taxonomy() -> None:
    for one in CORPUS:
        for field, values in VALUES.items():
            assert one["labels"][field] in set(values), (one["id"], field)
        assert set(one["labels"]["situations"]) <= set(Situation), one["id"]


def test_labels_agree_with_each_other() -> None:
    for one in CORPUS:
        labels = one["labels"]
        concern = labels["kind"] == Kind.CONCERN
        assert concern != (labels["remit"] == Remit.NOT_APPLICABLE), one["id"]
        assert concern or not labels["situations"], one["id"]
        assert not labels["immediate_risk"] or Situation.CHILD_AT_RISK in labels["situations"], one["id"]


def test_every_value_of_every_field_has_an_example_to_learn_from() -> None:
    training = [one["labels"] for one in CORPUS if one["split"] == "train"]
    for field, values in VALUES.items():
        assert {labels[field] for labels in training} == set(values) - {Contact.TELEPHONE}, (
            field
        )  # a person alone says it
    assert {situation for labels in training for situation in labels["situations"]} == set(Situation)


def test_service_names_and_authorities_are_ones_that_exist_in_text_and_in_england() -> None:
    with (shipped("models") / "authorities.csv").open(newline="") as file:
        authorities = {row["name"] for row in csv.DictReader(file) if row["nation"] == "England"}
    for one in CORPUS:
        name, authority = one["labels"]["service_name"], one["labels"]["local_authority"]
        assert not name or name.lower() in f"{one['subject']} {one['body']}".lower(), one["id"]
        assert not authority or authority in authorities, (one["id"], authority)


def test_people_write_from_invented_addresses_and_telephones() -> None:
    for one in CORPUS:
        assert one["from_address"].endswith(".example"), one["id"]
        for number in re.findall(r"\b0\d{3,4} ?\d{3} ?\d{3,4}\b", one["body"]):
            assert re.match(r"(01632|07700|020 ?7946)", number), (one["id"], number)


def test_a_scenario_is_in_one_part_only() -> None:
    parts: dict[str, set[str]] = {}
    for one in CORPUS:
        parts.setdefault(one["scenario"], set()).add(one["split"])
    assert all(len(found) == 1 for found in parts.values())


def test_no_two_messages_are_nearly_the_same() -> None:
    holders: dict[tuple[str, ...], list[str]] = {}
    shingles: dict[str, set[tuple[str, ...]]] = {}
    for one in CORPUS:
        words = re.findall(r"\w+", one["body"].lower())
        shingles[one["id"]] = {tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
        for shingle in shingles[one["id"]]:
            holders.setdefault(shingle, []).append(one["id"])
    shared = Counter(pair for those in holders.values() for pair in combinations(those, 2))
    for (first, other), count in shared.items():
        union = len(shingles[first]) + len(shingles[other]) - count
        assert count <= 0.4 * union, (first, other)
