"""What the sender asks for, each way it is put and each way it only looks so."""

from __future__ import annotations

import time

import pytest

from mailbot.config import shipped
from mailbot.domain import Address, Confidentiality, Contact, Email
from mailbot.triage.phrases import PhraseBook, all_told
from mailbot.triage.wishes import Wishes, read_wishes

BOOK = PhraseBook.load(shipped("models"))
THROWAWAY = "qx7731@maildrop.example"


def wishes(
    text: str, name: str = "Carol Whitlow", address: str = "carol@plainmail.example", signature: str = ""
) -> Wishes:
    email = Email(
        message_id="<1@plainmail.example>",
        sender=Address(name=name, address=address),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject="",
        sent_at=None,
        text=text,
        signature=signature,
    )
    found = read_wishes(email, BOOK)
    for evidence in found.evidence:
        assert email.part(evidence.part)[evidence.start : evidence.end] == evidence.text
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Please don't let them know it came from me.",
        "Keep my name out of it please.",
        "If you ring them they'll know it's me.",
        "I'd lose my job if they could tell.",
        "I am telling you this in the strictest confidence.",
        "Please do not trace this.",
        "pls dont tell them i told you",
        "Please not say my name to manager, I need this work.",
        "my name must not be mentioned to the home",
        "I would not want to be identified.",
        "I'd rather the head never learned who wrote to you.",
        "There are only four of us on nights so they would guess straight away who said it.",
        "I'm scared of what happens if she finds out I've written.",
        "This has to stay between you and me.",
        "None of this should be traced back to me.",
        "Please can my identity be protected.",
        "I ask that this be treated as confidential.",
        "Peidiwch â dweud wrth y cartref pwy ydw i.",
        "Dw i'n ysgrifennu yn gyfrinachol.",
        "I have thought about this for weeks and I don’t want my name\nused in any of this.",
    ],
)
def test_a_wish_that_the_service_should_not_learn_who_wrote_is_read(text: str) -> None:
    assert wishes(text).confidentiality is Confidentiality.REQUESTED


@pytest.mark.parametrize(
    "text",
    [
        "You may use my name.",
        "I'm happy for you to tell them who I am.",
        "I don't mind who knows it was me.",
        "You may share this with the home.",
        "I have no objection to my name being given to the provider.",
        "There is no need to keep my name confidential.",
        "Feel free to tell the manager it was me.",
        "By all means use my name, they know exactly what I think.",
        "I am content for this letter to be shared with the school.",
        "They'll know it's me and I don't care. You can tell them it was me.",
        "Mae croeso i chi ddefnyddio fy enw.",
    ],
)
def test_leave_to_say_who_wrote_is_read(text: str) -> None:
    assert wishes(text).confidentiality is Confidentiality.WAIVED


@pytest.mark.parametrize(
    "text",
    [
        "The home does not keep records confidential.",
        "They don't tell us who wrote the care plan.",
        "He told me in confidence that his tooth hurts.",
        "I don't know who wrote the log.",
        "Nobody from the council got back to me.",
        "Can you tell me who inspects it?",
        "You can tell me to mind my own business.",
        "This email is confidential and intended solely for the addressee.",
        "The manager shared my son's file with another family.",
        "They have had no word from me since March.",
    ],
)
def test_words_that_only_look_like_a_wish_are_none(text: str) -> None:
    assert wishes(text).confidentiality is Confidentiality.ASSUMED


@pytest.mark.parametrize(
    "text",
    [
        "You may use my name with the council but please don't tell the home it was me.",
        "I am not happy for my name to be shared with them. Keep me out of it.",
    ],
)
def test_a_wish_to_be_kept_out_outweighs_leave_to_share(text: str) -> None:
    assert wishes(text).confidentiality is Confidentiality.REQUESTED


@pytest.mark.parametrize(
    "text",
    [
        "Please do not contact me.",
        "please don't answer this",
        "Do not reply.",
        "I don't want a reply.",
        "pls dont email back",
        "I would rather not be contacted.",
        "My husband reads my emails.",
        "This is a shared computer.",
        "This is my work account and they monitor it.",
        "he knows my password and goes through my inbox",
        "It isn't safe to reply to this address.",
        "Please don't email me, ring me instead on 07700 900123. He checks my messages.",
        "If you write back she will see it first.",
        "Peidiwch ag ateb yr e-bost hwn.",
        "please no answer to this email, boss look all my mails",
    ],
)
def test_no_reply_is_wanted_or_safe(text: str) -> None:
    found = wishes(text)
    assert (found.contact, found.postal_address) == (Contact.DO_NOT_CONTACT, None)


@pytest.mark.parametrize(
    "text",
    [
        "There is no need to reply.",
        "The council did not reply to me.",
        "The manager does not answer emails.",
        "They read the girls' messages every night.",
        "Please don't reply with a standard letter.",
        "Please do not contact the home before you visit.",
        "The kitchen was shared with four other families.",
        "Staff go through the children's phones.",
        "I had no reply to my complaint.",
        "Please email me back as soon as you can.",
        "I complained by letter and got nowhere.",
        "He lives at 14 Mill Lane, Ripon, HG4 1AA with his nan.",
    ],
)
def test_a_reply_by_email_is_not_forbidden(text: str) -> None:
    assert wishes(text).contact is Contact.EMAIL


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Don't email, he reads it. Write to me at 14 Mill Lane, Skipton BD23 1AA.", "14 Mill Lane, Skipton BD23 1AA"),
        ("Please reply by post to:\n3 Hope Street\nLudlow\nSY8 2ZZ\n\nC. Whitlow", "3 Hope Street\nLudlow\nSY8 2ZZ"),
        (
            "My emails are read here. Letters only, to Flat 2, 9 Dock Road, Goole, DN14 5TT please.",
            "Flat 2, 9 Dock Road, Goole, DN14 5TT",
        ),
        (
            "The home is at 8 Oak Rise, Derby DE1 1AA. Please write to me at 5 Elm Close, Derby DE2 2BB.",
            "5 Elm Close, Derby DE2 2BB",
        ),
        ("A letter please, not email. My address is 21 Station Road, Selby.", "21 Station Road, Selby"),
        ("can you write to me at 6 quarry lane, batley, wf17 9zz", "6 quarry lane, batley, wf17 9zz"),
    ],
)
def test_a_letter_is_asked_for_at_the_senders_own_address(text: str, address: str) -> None:
    found = wishes(text)
    assert (found.contact, found.postal_address) == (Contact.POST, address)


def test_a_letter_is_never_addressed_to_the_service_complained_of() -> None:
    found = wishes("Could you send me a letter? The home is at 8 Oak Rise, Derby DE1 1AA.")
    assert (found.contact, found.postal_address) == (Contact.POST, None)


def test_an_address_nobody_asked_to_have_used_is_not_taken() -> None:
    assert wishes("The home is at 8 Oak Rise, Derby DE1 1AA. Please visit.").postal_address is None


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("I'm not giving my name.", "", "p@plainmail.example"),
        ("I'd rather not say who I am.", "", "p@plainmail.example"),
        ("I want to remain anonymous.", "", "p@plainmail.example"),
        ("They hit the kids at Fell View.", "night owl", THROWAWAY),
        ("They hit the kids at Fell View.", "", THROWAWAY),
        ("They hit the kids.\n\nA concerned neighbour", "", "p@plainmail.example"),
        ("no names from me sorry", "", "p@plainmail.example"),
        ("Dw i ddim am roi fy enw.", "", "p@plainmail.example"),
    ],
)
def test_somebody_who_withholds_their_name_is_anonymous(text: str, name: str, address: str) -> None:
    assert wishes(text, name, address).anonymous


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("They hit the kids.\n\nJoan Pickersgill", "", THROWAWAY),
        ("They hit the kids.", "Joan Pickersgill", THROWAWAY),
        ("I received an anonymous letter about the home.", "", "p@plainmail.example"),
        ("they hit us. from kayleigh", "", "k.m@plainmail.example"),
        ("My name is Remy and I work there.", "", THROWAWAY),
        ("Can staff report anonymously?", "Joan Pickersgill", "p@plainmail.example"),
        ("They would not give me the name of the manager.", "", "p@plainmail.example"),
    ],
)
def test_somebody_who_gives_a_name_or_does_not_withhold_it_is_not_anonymous(text: str, name: str, address: str) -> None:
    assert not wishes(text, name, address).anonymous


def test_withholding_a_name_alone_is_no_stated_wish_for_confidentiality() -> None:
    found = wishes("I am not giving my name.", "", THROWAWAY)
    assert (found.anonymous, found.confidentiality) == (True, Confidentiality.ASSUMED)


def test_asking_to_stay_anonymous_under_ones_own_name_is_a_wish_for_confidentiality() -> None:
    found = wishes("I would like to remain anonymous.\n\nJoan Pickersgill")
    assert (found.anonymous, found.confidentiality) == (False, Confidentiality.REQUESTED)


SAYINGS = {
    "between-ourselves": ("Keep my name to yourselves.", "They told me it would go no further than you."),
    "not-from-me": ("Please don't say it came from the laundry.", "They have had no word from me."),
    "they-are-not-to-know": ("The agency must not know.", "We were told that the agency must not know of the fall."),
    "if-it-comes-out": ("If it comes out that I wrote, we lose the cottage.", "If he gets out they ring the police."),
    "my-name-kept-back": ("I would ask you not to name me.", "The school did not name us in its letter."),
    "source-not-to-be-known": ("Don't let her guess it was one of us.", "I don't know if it was someone at the gate."),
    "what-they-would-do": ("They would make my life a misery.", "The children keep quiet when he comes in."),
    "not-a-word": ("Nobody at the nursery must know.", "The manager said not a word to the parents."),
    "not-to-be-named": ("I would rather not be quoted.", "They did not want to be involved in the review."),
    "fear-of-reprisal": ("I am afraid of reprisals.", "The boys are frightened of losing my visits."),
    "withheld-for-fear": ("No name, I cannot lose my shifts.", "She would not sign the form and lost her job."),
    "cymraeg-cadw-allan": ("Byddwch yn ofalus beth dach chi'n ddweud.", "Does dim ots os clywan nhw."),
    "say-who-told-you": ("You can say I told you.", "You could say it is a poor show."),
    "name-may-be-used": ("We will put our names to anything.", "I could not put my name to it."),
    "you-may-share": ("You can share this.", "You can share this only if my name is off it, unless I agree."),
    "leave-in-other-words": ("I don't mind you saying it was me.", "Can you share this form with me?"),
    "they-know-i-am-writing": ("The provider knows we are informing you.", "The provider knows I complained."),
    "cymraeg-cewch-ddweud": ("Cewch ddweud mai fi ddywedodd hyn.", "Cewch ffurflen gan y cyngor."),
    "nothing-back": ("Nothing back, please.", "I have heard nothing back from the council."),
    "no-point-replying": ("No point replying, I am closing this account.", "I won't check this again until Monday."),
    "kinder-not-to": ("It would be kind of you not to answer.", "They told me to ring and not to email."),
    "cymraeg-dim-ateb-chwaith": ("Peidiwch â thrafferthu ateb.", "Doedd dim ateb gan y cyngor."),
    "others-get-in": ("My boss has the login to my inbox.", "Staff go through the girls' phones."),
    "reply-would-be-found": ("Anything you send is read.", "The money goes to the office."),
    "cymraeg-maent-yn-edrych": ("Mae'r tabled yn y swyddfa.", "Mae'r plant yn edrych ar y tabled bob nos."),
    "a-letter-to": ("A letter rather than an email, please.", "She got a letter in the post from them."),
    "answer-on-paper": ("A letter would be better.", "Post or email, whichever is easier."),
    "cymraeg-llythyr": ("Gyrrwch lythyr ata i.", "Dyna iaith y llythyr ges i."),
    "not-signing": ("Not signing this.", "The manager would not sign it and they won't sign this."),
    "address-for-a-letter": ("a letter to us at", "The home is at"),
}
"""Of each rule of the tables: what it reads, and what only looks so."""


WISHES = (
    "confidentiality_requested",
    "confidentiality_waived",
    "no_reply_wanted",
    "mailbox_not_safe",
    "letter_wanted",
    "letter_address",
    "no_name_given",
)


def _told_by(text: str) -> set[str]:
    email = Email(
        message_id="<1@plainmail.example>",
        sender=Address(address="carol@plainmail.example"),
        reply_to=None,
        return_path=None,
        recipients=(),
        subject="",
        sent_at=None,
        text=text,
    )
    return {told.name for says in WISHES for told in all_told(email, BOOK.of(says))}


@pytest.mark.parametrize(("rule", "read", "not_read"), [(rule, *texts) for rule, texts in SAYINGS.items()])
def test_each_rule_reads_what_is_meant_and_not_what_only_looks_so(rule: str, read: str, not_read: str) -> None:
    assert rule in _told_by(read)
    assert rule not in _told_by(not_read)


def test_every_list_of_sayings_has_its_examples() -> None:
    assert {one.name for one in BOOK.written if one.whole_words} == set(SAYINGS)


@pytest.mark.parametrize(
    "text",
    [
        "They know it was me.",
        "You could say it's badly run.",
        "I am not happy for you to name me.",
        "The home knows I complained.",
        "You can use my name only if you must.",
        "I'd be glad to share this with whoever inspects.",
    ],
)
def test_words_that_give_no_leave_to_name_the_sender_waive_nothing(text: str) -> None:
    assert wishes(text).confidentiality is not Confidentiality.WAIVED


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("We have no computer, ours is 12 Beck Row, Otley LS21 9ZZ.", "12 Beck Row, Otley LS21 9ZZ"),
        ("Don't email, he sees it.\n\nC Whitlow, 3 Mill Row, Otley LS21 9ZZ", "3 Mill Row, Otley LS21 9ZZ"),
        ("A note to The Old Smithy, Otley LS21 9ZZ will find me.", "The Old Smithy, Otley LS21 9ZZ"),
    ],
)
def test_an_address_given_where_email_will_not_do_is_for_a_letter(text: str, address: str) -> None:
    found = wishes(text)
    assert (found.contact, found.postal_address) == (Contact.POST, address)


@pytest.mark.parametrize(
    "text",
    [
        "Our office is at Unit 5, Station Road, Selby YO8 9ZZ.",
        "He is 15 and in a nice place, thank you for the letter to the court, and the judge read it.",
        "She wrote me a letter. The home is at 8 Oak Rise, Derby DE1 1AA.",
        "I rang the on call manager, no answer.",
        "Tuesday: no reply. Wednesday: no reply.",
        "There's a shared inbox that nobody opens.",
        "The father could not be contacted.",
        "Do not contact the school about this.",
    ],
)
def test_words_about_others_do_not_forbid_a_reply(text: str) -> None:
    assert wishes(text).contact is Contact.EMAIL


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("They hit the kids.", "Anonymous", "p@plainmail.example"),
        ("They hit the kids.", "x", "p@plainmail.example"),
        ("Please don't say it was me.", "", "p@plainmail.example"),
        ("No reply please, it is not safe.", "", "p@plainmail.example"),
        ("They hit the kids.", "Night staff", "owl@throwbox.example"),
    ],
)
def test_somebody_who_shows_no_name_and_hides_is_anonymous(text: str, name: str, address: str) -> None:
    assert wishes(text, name, address).anonymous


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Please don't say it was me.", "Joan Pickersgill", "p@plainmail.example"),
        ("Please withhold my name, no names please.", "Joan Pickersgill", "p@plainmail.example"),
        ("They hit the kids.", "Lucy's mum", "templeton@plainmail.example"),
        ("He hit me.", "Jay", "11847@pupil.oakschool.example"),
    ],
)
def test_somebody_who_shows_a_name_is_not_anonymous(text: str, name: str, address: str) -> None:
    assert not wishes(text, name, address).anonymous


@pytest.mark.parametrize(
    "piece",
    [
        "please don't let ",
        "a letter to ",
        "the manager must ",
        "no name ",
        "c/o ",
        "AB1 2CD ",
        "don't tell ",
        "my ",
        "i ",
        "a" * 50,
        "write to me at 1 a, ",
        "not not ",
        " \n",
        "12 ",
    ],
)
def test_a_long_hostile_text_is_read_in_a_moment(piece: str) -> None:
    started = time.perf_counter()
    wishes(piece * (30_000 // len(piece)))
    assert time.perf_counter() - started < 5
