"""What the sender asks for: to be kept out of it, where a reply may go, whether they want a name (P10, P22, P24).

What is read is what they say. Whether a reply is sent is decided elsewhere, and may be stricter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.domain import Confidentiality, Contact, Email, Evidence
from mailbot.triage.facts import Phrase, Told, evidence_of, first_told, phrase

# Who might learn it, how people say "me as the source", and how they say no. Blanks stand for any white space.
_WHO = (
    r"(?:they|them|he|she|him|her|people|someone|somebody|anyone|anybody|everyone|everybody|nobody|no one|staff|"
    r"management|work|mum|dad|"
    r"(?:the|my|our|his|their|any of the|anyone at the|anyone in the) (?:\w+ ){0,2}\w+)"
)
_SOURCE = (
    r"(?:my (?:full |real |own |email )?(?:names?|identity|details|address|number)|who i (?:am|be)|who i'?m|i am who|"
    r"who (?:has |have |it was |it is )?(?:wrote|written|told|tells?|sent|reported|contacted|complained|grassed|"
    r"spoke|rang|said)"
    r"(?: (?:this|it|in|you|to you|anything|something))?(?=\s*(?:[.,;!?)]|$|\band\b|\bor\b|\bbecause\b|\bcos\b|"
    r"\bif\b))|who it (?:was|is|came from)|who this (?:is|came)|which (?:one )?of us\b|"
    r"(?:it|this|that|these|info|information|complaint|report|email)(?:'?s|'?d| is| was| has| had)? (?:\w+ )?(?:came "
    r"|come |comes |coming |been )?(?:from |was |is )?me\b|(?:it|this) (?:came|comes) from (?:us|here|(?:the |our |"
    r"this )?(?:school|nursery|office|team|staff))\b|"
    r"(?:heard|got|know|had|have) (?:it|this|any of this) (?:all )?from me|its me\b|come from me|from me\b|known to "
    r"have (?:told|written|said|spoken|reported)|where (?:this|it|you) (?:came|come|comes|got|heard)|"
    r"(?:that )?(?:i|it was me|i'?ve|i'?m|i'?d)(?: have| had| am| was| did| even| ever| it was)?"
    r" (?:wrote|write|writing|written|told|tell|telling|emailed|email|emailing|contacted|reported|complained|said|"
    r"spoken|spoke|sent|"
    r"been in touch|got in touch|rang|phoned|raised|talked|speaking|grassed|messaged|ask|asked|the one who|is who))"
)
_NO = (
    r"(?:do not|don'?t|dont|did ?n[o']?t|not|never|must ?n[o']?t|cannot|can'?t|without|nobody|no one|"
    r"no-one|n'?t|rather|nor|no)"
)
_FINE_WITH_IT = (
    r"(?:do not|don'?t|dont|wouldn'?t|couldn'?t) (?:really |much )?(?:care|mind)|not (?:bothered|hiding|ashamed|"
    r"afraid|scared)|so be it|"
    r"(?<!not\s)happy (?:for|with|to be)|no secret|fine by me|(?:already|all) knows? (?:it'?s me|i'?m writing|i am "
    r"writing)|makes no odds|no objection|nothing to hide"
)
_SMALL_PRINT = r"intended (?:solely|only|for)|addressee|recipients?\b|disclaimer|privileged|in error"

REQUESTED: tuple[Phrase, ...] = (
    phrase(
        "keep-it-from-them",
        r"\b(?:please|pls|could|rather|prefer|grateful|ask) (?:if |that |you )*(?:the |my |her |his |their )?"
        r"(?:\w+ ){1,3}?"
        r"(?:did ?n'?t|did not|does not|doesn'?t|do not|don'?t|not|is not|isn'?t|are not|aren'?t) (?:to )?"
        r"(?:know|learn|told|let|tell|find out|hear)\b|\bdo ?n'?t let on\b|\b(?:careful|keep hold) (?:of|with) my name|"
        r"\b(?:hold|keep) my name (?:back|from)|\bif (?:they|he|she) (?:ever )?(?:knows?|find out|finds out|hears?) "
        r"(?:that )?(?:i|it was me|it'?s me)\b|\bdo ?n'?t (?:contact|write to|ring|phone|email) (?:the|my) "
        r"(?:manager|university|employer|agency|boss|school|tutor)\b.{0,40}\b(?:me|i|put|report)\b",
    ),
    phrase(
        "do-not-say-it-was-me",
        rf"\b{_NO}\b.{{0,50}}\b(?:tell|tells|telling|told|let|lets|letting|say|saying|reveal|revealing|disclose|"
        rf"disclosing|pass|passing|give|giving|share|"
        rf"sharing|mention|mentioning|use|using|show|showing|put|putting|name|naming|quote|quoting|work out|know|"
        rf"knows|find out|finding out|guess|"
        rf"realise|learn|learns|learned|learning|discover|hear|identify|see|forward|trace|be the "
        rf"one)\b.{{0,45}}?\b{_SOURCE}",
        rf"{_FINE_WITH_IT}|\bi (?:really )?(?:do not|don'?t|did ?n'?t|can'?t|cannot|couldn'?t) (?:even )?(?:know|"
        rf"remember|say|tell|see)\b(?! (?:who i|my))|"
        r"(?:hear|heard|hearing|reply|response|anything|nothing|word|back) from me|"
        r"\bi(?:'?m| am| will|'?ll|'?d| would|'?ve| have)? (?:\w+ ){0,2}?(?:not|n'?t|won'?t|rather not|never|don'?t) "
        r"(?:\w+ ){0,3}?"
        r"(?:giv|leav|say|put|sign|provid|tell|us(?:e|ing)|includ)\w* (?:you )?(?:my |a )",
    ),
    phrase(
        "keep-me-out-of-it",
        r"\b(?:keep|keeping|kept|leave|leaving|left|stay|stays|hide|hiding|protect|protecting|withhold|withholding|"
        r"conceal|redact|anonymi[sz]e|omit)\b"
        r"(?: \w+){0,3} (?:my|me\b|who i am|our)(?: full| own)?\s*(?:names?|identity|identities|details)?\b.{0,25}?"
        r"(?:\bout\b|\boff\b|private|confidential|secret|quiet|anonymous|hidden|from (?:the|them|him|her|my|anyone|"
        r"everyone)|to yoursel(?:f|ves)|safe|between|identity)",
        rf"{_FINE_WITH_IT}|no need|need not|{_SMALL_PRINT}|(?:they|he|she|staff|home|school|council|manager) (?:\w+ "
        rf")?(?:kept|keeps?|keep|left|leaves?) me",
    ),
    phrase(
        "identity-protected",
        r"my (?:names?|identity|details|part in this|involvement)\b.{0,40}\b(?:protected|withheld|kept|hidden|secret|"
        r"confidential|anonymous|private|redacted|"
        r"left out|out of (?:it|this)|safe|(?:stays?|remains?|only|just) (?:only |just )?(?:with|between) (?:you|us)|"
        r"not (?:be )?(?:shared|used|mentioned|passed|given|disclosed|revealed|known|quoted|told|to be))",
        rf"{_FINE_WITH_IT}|no need|need not|{_SMALL_PRINT}|does ?n[o']t need|\bi(?:'?ve| have) (?:kept|withheld|left|"
        rf"hidden)",
    ),
    phrase(
        "not-my-name",
        rf"\b{_NO}\b.{{0,40}}\bmy (?:name|identity|details)\b.{{0,25}}\b(?:used|mention\w*|shared|passed|given|"
        rf"disclosed|revealed|quoted|com(?:e|ing) (?:up|out|into)|"
        r"appear\w*|anywhere|told|known|attached|on (?:it|this|any\w*|the)|in (?:it|any\w*|this|the)|out|near|"
        r"dragged|brought|connected|linked|get(?:s|ting)? (?:out|back))\b",
        rf"{_FINE_WITH_IT}|no need",
    ),
    phrase(
        "they-would-know-it-was-me",
        rf"\b{_WHO}(?:'?d|'?ll| will| would| can| could| might| may| going to|'?re going to| gonna)(?: all| soon| "
        rf"just| probably| easily| only| quickly| obviously| instantly| definitely)*"
        r" (?:know|guess|realise|work out|work it out|find out|figure|twig|suss|think|put two and two|recogni[sz]e|"
        r"be able to tell|tell)\b.{0,25}?"
        r"(?:\bme\b|\bwho (?:i|it|wrote|told|said|this)|two and two|\bmy (?:writing|handwriting|name)|\bi (?:wrote|"
        r"told|said|sent|reported|complained|spoke)|straight away$)",
        rf"{_FINE_WITH_IT}|tell me|will know (?:who|what) to",
    ),
    phrase(
        "if-they-found-out",
        rf"\b(?:if|when|once|in case|before|until|scared|afraid|worried|frightened|terrified|"
        rf"dread)\b.{{0,12}}\b{_WHO}(?: ever| even| so much as|'?d|'?ll| were to| was to| will| would| might)*"
        r" (?:finds?|found|finding|know|knows|knew|knowing|hears?|heard|saw|sees?|got wind|gets wind|realises?|"
        r"realised|learns?|learned|learnt|discovers?|discovered|suspects?|suspected|thinks?|thought|could tell|can "
        r"tell|works out|worked out|guessed)"
        r"(?: out| that| of| about)*\b(?:.{0,15}\b(?:\bi(?:'?ve|'?d|'?m)?\b|\bme\b|\bwho (?:i|wrote|told|it|said|"
        r"sent)|this (?:email|came))|\s*(?:[.,!;)]|$|about this|this\b|about it))",
        rf"{_FINE_WITH_IT}|(?:thinks?|thought|knows?|knew|sees?|saw)(?: that)? i (?:will|would|can|could|should|am "
        rf"going|need|want|live)|wants? to know if",
    ),
    phrase(
        "job-at-stake",
        r"\b(?:lose|losing|lost|cost me|costing me|risk|risking|more than|worth|sack(?:ed)?|fired|finished|out of|"
        r"off the rota|no (?:more )?shifts|never work)\b.{0,25}\b(?:(?:my|a|the|this) (?:job|shifts|work|post|visa|"
        r"position|livelihood|contract|placement|hours)|job|rota|shifts|again)?\b"
        r".{0,25}\b(?:if|for|by|were|was)\b.{0,20}\b(?:knew|know|could tell|find out|found out|find|saw|see|(?:got|"
        r"gets|get|getting) (?:out|back|round)|came out|comes out|traced|heard|hear|this|speaking|writing|talking|"
        r"telling|named|identified|recogni[sz]ed|linked|caught)\b",
        rf"{_FINE_WITH_IT}|\bi (?:was|got|have been) (?:sacked|fired|dismissed)",
    ),
    phrase(
        "in-confidence",
        r"\b(?:in (?:the )?(?:strict|strictest|complete|absolute|total|full|utmost|greatest) confidence|"
        r"(?:writ\w+|tell\w*|treat\w*|keep|hold|held|send\w*|sent|share\w*|speak\w*|say\w*|given|giv\w+|this|it|"
        r"email|letter|message|you)(?: all| only| purely| to you| this| it| is| as)* (?:in|under) confidence|"
        r"(?:treat\w*|keep|kept|stays?|remains?|handle\w*|hold|held|regard\w*|be|is|are|writing|this|information|"
        r"strictly|please|name|completely|totally|remain)(?: \w+){0,3}? (?:strictly |completely |totally |fully |"
        r"private and |private & )?confidential(?:ly)?|"
        r"(?:ask|asking|request|rely|relying|trust|hope|want|need|expect|appreciate|guarantee|count|like|respect|"
        r"grateful)\w*(?: \w+){0,4} (?:confidentiality|discretion)|confidentiality please|confidential please|"
        r"between (?:you and me|ourselves|us|you and i)|for your eyes only|off the record|strictly confidential|"
        r"private and confidential)",
        rf"{_SMALL_PRINT}|told (?:me|us|her|him|them) (?:\w+ )?in confidence|confidential (?:records?|files?|"
        rf"information|notes|papers|documents|details about|address|report|meeting|conversation)|"
        r"breach|(?:not|n't) (?:keep|treat|handle)|not (?:asking|ask|need|require|request)\w* (?:\w+ ){0,4}confiden|"
        r"no need|need not|is(?: not|n'?t) confidential|(?:told|says?|said) (?:\w+ ){0,3}(?:was|is|were|it'?s) "
        r"confidential|(?:told|tells?) (?:me|us|him|her|them)",
    ),
    phrase(
        "not-traced-to-me",
        r"(?:\b(?:traced?|tracked|link(?:ed)?|leads?|led|connect(?:ed)?|points?|pinned)\b(?: it| this| anything| any "
        r"of this| straight)? (?:back |on |down )?(?:to |on )me\b|"
        r"\b(?:do not|don'?t|dont|never|please not|not) (?:\w+ ){0,2}(?:try to |try and )?(?:trace|track)\b|"
        r"\buntraceable\b|come back (?:on|to) me\b|(?:get|gets|got|getting) back to (?:them|him|her|work|the (?:home|"
        r"manager|staff|school|company|agency|office)|my (?:manager|boss|employer)) that)",
        rf"{_FINE_WITH_IT}|come back to me (?:with|about|on|and|if|when|by|as)",
    ),
    phrase(
        "not-identified",
        r"(?:(?:\bnot|n't|\b(?:dont|cant|wont|wouldnt|didnt)|\brather not|\bnever|\bwithout|\bcannot|\bnothing|"
        r"\bavoid|\banything|\bdetails) (?:\w+ ){0,4}(?:be |being |that (?:could |would |might )?)?(?:identified|"
        r"(?<=be\s)named|identif(?:y|ies|ying) me|identifiable|recogni[sz]ed|exposed|outed|point(?:s|ing)? to me|"
        r"give me away|gives me away)\b|"
        r"\bi(?:'d|'ll|'m| would| could| might| will| may| am| fear)+ (?:be |being |get )?(?:very |so |too |easily "
        r")*(?:identified|identifiable|recogni[sz]ed|traced|found out|sussed|exposed|easy to (?:identify|spot|"
        r"trace))\b)",
        rf"{_FINE_WITH_IT}|children|(?:he|she|child|pupil|boy|girl)(?: is| was)? (?:not|never) (?:been )?identified",
    ),
    phrase(
        "do-not-tell-them",
        r"\b(?:please|pls|plz|and|but|so|just|^) ?(?:do not|don'?t|dont|no|never|not) (?:tell|show|say (?:this |"
        r"anything |it )?to|say nothing to|let on to|speak to|inform|mention (?:this|it|any of this) to)"
        r" (?:this to |it to )?(?:anyone|anybody|them|him|her|no ?one|nobody|staff|(?:the|my) (?:home|house|manager|"
        r"boss|staff|school|carers?|foster \w+|company|agency|head|owner|council|social worker|management|work|"
        r"employer|deputy|warden|mum|dad|key ?worker|provider|team leader))\b",
        r"(?:they|staff|he|she|we are told|told us|says?|said),? (?:\w+ ){0,3}(?:do not|don'?t|dont|not to) tell|and "
        r"(?:they )?(?:do not|don'?t|dont|never) tell",
    ),
    phrase(
        "cymraeg-cyfrinachol",
        r"\b(?:yn (?:hollol |gwbl )?gyfrinachol|mewn cyfrinach|gyfrinachol|cyfrinachedd|"
        r"(?:peidiwch|paid|plis peidiwch|heb) (?:â |a |ag )?(?:\w+ ){0,2}(?:dweud|ddweud|dweud wrth|rhoi|roi|rhannu|"
        r"defnyddio|gadael|enwi|sôn|datgelu)\b.{0,40}(?:pwy|fy enw|mai fi|wrth\w*|iddyn|amdan|fi\b|neb)|"
        r"(?:cadw|cadwch|gadw)(?:'r)? (?:fy enw|enw i|hyn|hwn|pwy)|ddim (?:am|eisiau|isio|moyn) (?:\w+ "
        r"){0,3}(?:wybod|ddarganfod|gael gwybod)|na (?:fyddan|ddylai|chaiff) (?:\w+ ){0,3}wybod|gwybod mai fi|yn "
        r"gwybod pwy (?:ydw|wyf|sgwennodd|ysgrifennodd)|"
        r"colli fy (?:swydd|ngwaith|job))",
        r"dim ots|croeso|hapus i",
    ),
)

_LEAVE = (
    r"(?:happy|content|fine|ok|okay|glad|willing|comfortable|(?:have |raise )?no (?:objection|problem|issue|"
    r"difficulty|worry)s?|(?:do not|don'?t|dont|wouldn'?t) (?:\w+ )?(?:mind|care|object)|"
    r"consent|agree|(?:give|have|giving|with) (?:you )?(?:my |full )?(?:permission|consent|agreement|blessing)|not "
    r"bothered|couldn'?t care less|all right|alright|makes no odds)"
)
_SPREAD = (
    r"(?:us(?:e|ing)|shar(?:e|ing)|giv(?:e|ing)|pass(?:ing)?|quot(?:e|ing)|mention(?:ing)?|"
    r"tell(?:ing)?|disclos(?:e|ing)|forward(?:ing)?|show(?:ing)?|nam(?:e|ing)|put(?:ting)?|"
    r"reveal(?:ing)?|identif(?:y|ying)|let(?:ting)?|say(?:ing)?|copy(?:ing)?|send(?:ing)?|cit(?:e|"
    r"ing)|attribut(?:e|ing))"
)
_TO_THEM = (
    r"(?:with|to|on to|by|known to) (?:them|him|her|anyone|anybody|everyone|whoever|whomever|all (?:concerned|"
    r"parties)|both|"
    r"(?:the|my|our|its|his|their|both the|mr|mrs|ms) \w+)"
)
_MY_PART = (
    rf"(?:my (?:full |own )?(?:name|names|identity|details)|who i am|(?:name|quote|identify|naming|quoting|"
    rf"identifying|cite|citing) me\b|(?:it|this|that)(?:'?s| is| was| has)? (?:came |come |comes )?(?:from )?(?:me|"
    rf"i)\b|from me\b|attribut\w+ (?:this|it)\b|it was \w+ (?:\w+ )?(?:who |that )?told you|"
    rf"(?:this|it|that|all this|the above|the contents?|my (?:\w+ )?(?:letter|email|e-mail|message|note|complaint|"
    rf"report|concerns?|referral|account|statement|observations?)|these (?:\w+ )?(?:concerns|details|notes|"
    rf"observations)|any of (?:this|it))(?: \w+){{0,6}}? {_TO_THEM})"
)

WAIVED: tuple[Phrase, ...] = (
    phrase(
        "you-may-say-who",
        rf"\b(?:you(?:'re| are)? (?:may|can|could|might|(?:are )?(?:quite |very |most )?(?:free|welcome|at liberty) "
        rf"to|are able to|have my (?:full )?(?:permission|consent|leave)(?: to)?|should)|feel free to|by all means|"
        rf"free to|welcome to|(?:please|pls) do|please)"
        rf"(?:(?: \w+){{0,3}}? {_SPREAD}\b.{{0,30}}?\b{_MY_PART}|(?: \w+){{0,2}} attribute (?:this|it|these)\b)",
        r"\b(?:not|n'?t|never|without|unless|nor|only if|if you|(?:please )?keep|but not|withhold)\b(?! (?:mind|care|"
        r"ashamed|afraid|hiding|worried|bothered|just|asking|a secret))",
    ),
    phrase(
        "happy-to-be-named",
        rf"\b{_LEAVE}\b(?: (?:for|with|to|if|about|that|at|in))*.{{0,40}}?(?:\byou (?:to "
        rf")?{_SPREAD}\b.{{0,30}}?{_MY_PART}|\b(?:my|our|this)(?: \w+){{0,3}} (?:to be |being |be |is |are |go(?:es|"
        rf"ing)? )?"
        r"(?:used|shared|passed|given|disclosed|forwarded|copied|quoted|known|named|mentioned|told|attached|"
        r"identified|attributed|linked|on (?:it|this)|to (?:the|them))\b|\bto be (?:named|identified|quoted|known)|"
        r"\bbeing (?:named|identified|quoted)|"
        r"\bwho (?:knows?|sees|reads|hears|gets to know)\b|\b(?:they|he|she|them|him|her|anyone|the \w+|my \w+)(?: "
        r"at the \w+)?(?: will| would| to)? (?:know|knows|knowing|finds? out|finding out|sees?|seeing|hears?|hearing|"
        r"learns?)\b.{0,20}(?:me\b|\bi\b|my |who|this))",
        r"\b(?:not|n'?t|never|un|nor|less than) (?:\w+ )?(?:happy|content|fine|ok|okay|glad|willing|comfortable|"
        r"consent|agree|give|have)|but (?:please |would |i )?(?:not|don'?t|do not|keep|only|ask)|only if|as long as|"
        r"provided|unless|until",
    ),
    phrase(
        "no-need-to-hide",
        r"\b(?:no need|don'?t need|do not need|needn'?t|need not|not asking|do not ask|don'?t ask|(?:do not|don'?t) "
        r"require|no wish|(?:do not|don'?t) (?:want|wish)|not seeking|no reason|not requesting)\b.{0,35}"
        r"\b(?:confidential\w*|anonym\w*|hide|hidden|keep my (?:name|identity)|my (?:name|identity) (?:kept|hidden|"
        r"withheld|to be (?:kept|hidden|withheld))|secret|kept (?:out|secret|back|from))",
        r"reveal|without",
    ),
    phrase(
        "not-hiding",
        r"\bi(?:'?m| am|'?ve| have) (?:not (?:hiding|afraid|ashamed|scared|frightened|worried)(?: \w+){0,4} (?:my "
        r"name|who i am|knowing|behind|named|identified|put my name|it(?:'?s| was) me)|put(?:ting)? my name to "
        r"(?:this|it|every)|signed (?:this|it) (?:with )?my (?:own |real |full )?name (?:on purpose|because|and|so))|"
        r"\b(?:this|it)(?:'?s| is) (?:not|no) (?:a )?(?:confidential|secret)\b|isn'?t (?:a )?(?:secret|"
        r"confidential)\b|in my own name\b|my name (?:may|can) be (?:used|given|shared|disclosed|known|told|passed|"
        r"quoted|mentioned)|"
        r"\b(?:this|my \w+|it|the above|contents?)(?: \w+){0,3} (?:may|can) (?:also )?(?:freely |openly )?be "
        r"(?:freely |openly )?(?:shared|disclosed|passed|forwarded|copied|quoted|given|shown)\b.{0,12}(?:\b(?:with|"
        r"to|by|on)\b|in full|freely|openly)",
        r"\b(?:cannot|can not|may not|not be|no child)\b",
    ),
    phrase(
        "tell-them-from-me",
        r"(?:^|[.!?,;]\s*|\b(?:please|pls|do|so|and|by all means|just) )(?:tell|let) (?:them|him|her|the \w+|whoever "
        r"\w+|anyone you like) (?:know )?(?:that )?(?:it(?:'?s| was| is| came)(?: from)? me|i (?:said|told|wrote|"
        r"sent)|who i am|my name|from me)|"
        r"(?:^|[.!?,;]\s*|\b(?:please|by all means|do) )(?:(?:use|give|pass on) (?:them |him |her )?my name|(?:name|"
        r"quote) me)\b",
        r"\b(?:do not|don'?t|dont|never|not)\b",
    ),
    phrase(
        "cymraeg-rhannu",
        r"\b(?:croeso (?:i chi|ichi|i ti) (?:\w+ ){0,2}(?:ddefnyddio|rannu|roi|ddweud|enwi)|cewch (?:\w+ "
        r")?(?:ddefnyddio|rannu|roi|ddweud|enwi)|(?:hapus|fodlon|bodlon) (?:i|ichi|i chi) (?:\w+ ){0,2}(?:ddefnyddio|"
        r"rannu|roi|ddweud|enwi)|"
        r"dim ots (?:gen|gyda|'?da) (?:i|fi) (?:pwy|os)|dim gwrthwynebiad)",
    ),
)

_REPLY = (
    r"(?:repl(?:y|ying|ies)|respond(?:ing)?|answer(?:ing)?|contact(?:ing)?|e-?mail(?:ing)?|writ(?:e|"
    r"ing)(?: back)?|messag(?:e|ing)|get(?:ting)? (?:in touch|back)|acknowledg(?:e|ing)|send(?:ing)?)"
)
_ANSWER = (
    r"(?:a |an |any |no |your )?(?:repl(?:y|ies)|answers?|response|acknowledge?ment|contact|emails?|"
    r"e-?mails?|letters?|contacting|messages?|correspondence)"
)

SILENCE: tuple[Phrase, ...] = (
    phrase(
        "no-answer-needed",
        r"\bno (?:reply|answer|response|acknowledge?ment) (?:is |at all )?(?:needed|necessary|required|wanted|"
        r"expected)|"
        r"\b(?:do not|don'?t|dont) need (?:a|an|any|you to) (?:reply|answer|response)|\bsave yourselves? the (?:reply|"
        r"trouble of (?:a reply|replying|answering))|\b(?:do not|don'?t|dont|dnt|do nt) (?:text|txt|ring|msg) (?:me )?"
        r"(?:back|bk)\b|\bnot my (?:phone|fone|fon)\b",
        r"(?:had|got|received|there was|been) no",
    ),
    phrase(
        "do-not-reply",
        rf"(?:^|[.!?,;:(\n–-]\s*|\b(?:please|pls|plz|so|but|and|just|kindly|also|then|cos|because|therefore|that you|"
        rf"you to|you|safer|safest if you|better if you|must|ask you) )(?:please |pls )?(?:do not|don'?t|dont|never|"
        rf"no|not|not to|must not|mustn'?t) (?:\w+ )?{_REPLY}"
        r"(?:(?: to| at| on| with| using| via| back| anything| me)* (?:me\b|this\b|back\b|here\b|by e-?mail|my "
        r"e-?mail|at all|it\b|anything|the e-?mail)|\s*(?:[.!?,;:)\n]|$|please|pls|thank|and\b|or\b|as\b|because|"
        r"cos\b|whatever|under))",
        r"automat\w+|unmonitored|not monitored|no-?reply|do-?not-?reply|until|before (?:\w+day|\d)|between \d|after "
        r"\d|(?:reply|answer|respond|back|me|this) (?:\w+ ){0,2}(?:with|saying|to say|to tell)\b|(?:they|staff|he|"
        r"she|manager|council|office|home|school|we|i|who|you all|it)\s*(?:just |simply |still |always |either |even "
        r"|ever |people )*(?:do not|don'?t|dont|never|did ?n'?t|will not|won'?t) (?:\w+ )?"
        r"(?:reply|respond|answer|contact|e-?mail|write|message|get|acknowledge|send)|(?:by|use|via|only|prefer|"
        r"rather) (?:this )?e-?mail\b(?!s)|e-?mail (?:me )?(?:instead|only|is (?:fine|best|ok|okay|safe|better))|"
        r"(?:do not|don'?t|dont) (?:send|write|email|message) (?:\w+ )?(?:me|this|it|anything) to (?:the|them|him|"
        r"her|my)|do not hesitate|don'?t hesitate",
    ),
    phrase(
        "do-not-send",
        r"\b(?:do not|don'?t|dont) (?:send|e-?mail|text|message|reply|write|answer) (?:to |back )?(?:me|back|to this|"
        r"me back|this|it)\b",
        r"automat\w+|(?:they|staff|he|she|manager|council|office|home|school|we|i|who|you|people|just|still|even|it) "
        r"(?:do not|don'?t|dont)|(?:send|e-?mail|text|message|write) (?:me|back) (?:a |any |the |his |her |their |"
        r"what|when|how|until|with)|until|to (?:the|them|him|her|my)\b",
    ),
    phrase(
        "wants-no-reply",
        rf"\b(?:(?:do not|don'?t|dont|am no|not|never|nor|wouldn'?t|neither do i|no) (?:really |actually )?(?:want|"
        rf"wantin|wish|wanting|wish for|like|asking for|looking for|seeking|desire)(?: to have| to get| to receive| "
        rf"to hear)? (?:{_ANSWER}|you to (?:\w+ )?{_REPLY}|to be (?:contacted|e-?mailed|written to|replied to)|"
        rf"anyone (?:to )?(?:contact|contacting|e-?mail|write|reply)\w*)|"
        r"(?:rather|prefer|prefer it if|better|safer) (?:you )?(?:did not|didn'?t|don'?t|do not|not) (?:be )?(?:\w+ "
        r")?(?:repl\w+|contact\w*|answer\w*|e-?mail\w*|respond|write|written|get in touch)|rather not be "
        r"(?:contacted|replied|e-?mailed)|not (?:to )?be contacted)",
        r"(?:they|he|she|who|staff|council|manager|home|school) (?:do not|don'?t|dont|does not|doesn'?t|did not|"
        r"didn'?t)|(?:contact|letters?|emails?|messages?|answer|response|reply|correspondence) (?:with|from|to|"
        r"between) (?:my|his|her|their|the|him|them)|"
        r"(?:contact|answer|reply|response) (?:that|which|like|saying|full)|a standard|fobbed|another|stock",
    ),
    phrase(
        "no-reply-please",
        r"\b(?:please no|no) (?:repl(?:y|ies)|answers?|response|contact|e-?mails?|acknowledge?ment)(?: back)?(?: to "
        r"me| to this)?,? (?:please|pls|plz|ta|thanks|thank you|to (?:this|me)|back)|please no (?:repl(?:y|ies)|"
        r"answers?|response|contact|e-?mails?)\b|\bdo not contact\b(?= me)|\bwithout (?:replying|contacting me|"
        r"writing back)",
        r"(?:had|got|received|been|still|was|there'?s|with) no|no (?:reply|answer|response) (?:to (?:this )?(?:my|"
        r"the|our)|from)",
    ),
    phrase(
        "cymraeg-dim-ateb",
        r"\b(?:peidiwch|paid|plis peidiwch) (?:â |a |ag )?(?:ag )?(?:ateb|ymateb|cysylltu|chysylltu|ysgrifennu|"
        r"e-?bostio|anfon|danfon)|ddim (?:eisiau|am|isio|moyn) (?:ateb|ymateb|cael ateb|i chi (?:ateb|ymateb|"
        r"gysylltu))|dim ateb (?:os gwelwch|plis)",
        r"wrth|at y (?:cartref|cyngor|ysgol)",
    ),
)

_MAIL = (
    r"(?:e-?mails?|inbox|mail ?box|mails|account|messages|e-?mail address|computer|laptop|tablet|ipad|"
    r"hotmail|gmail|outlook|yahoo|password)"
)
_READER = (
    r"(?:he|she|they|it|work|i\.?t\.?|everyone|everybody|somebody|someone|staff|(?:the |my |our |his |"
    r"her )?(?:\w+ )?(?:husband|wife|partner|boyfriend|girlfriend|mum|mam|dad|ex|manager|boss|"
    r"employer|company|carers?|foster \w+|stepdad|father|mother|people|managers|head|sister|brother|"
    r"office|it department|systems?|owner|deputy|family|kids|warden|landlord|bursar|principal|admin))"
)

UNSAFE: tuple[Phrase, ...] = (
    phrase(
        "mailbox-read-by-others",
        rf"\b{_READER}(?:'?s|'?ve|'?d|'?ll| all| both| always| also| sometimes| often| regularly| still| can| could| "
        rf"does| will| would| might| may| has been| is| are| do| who| that| and \w+| too| in charge)* "
        rf"(?:reads?|reading|checks?|checking|monitors?|monitored|monitoring|sees?|looks? (?:at|through|in)|goes? "
        rf"(?:through|in|into|on)|going through|opens?|log(?:s|ged)? (?:in|into|on|onto)|(?:has|have|had|got|knows?|"
        rf"know)(?: the| access| all)?|gets? (?:in|into|onto)|uses?|shares?|snoops?)"
        rf"(?: (?:the|to|into|in|on|at|of|all|every|everyone'?s))*\s+(?:my|our|this|these|the work|all|all the|all "
        rf"our|all my|everyone'?s|staff|it on|mine|to my|the (?:same|shared|family|home|house|office|office'?s)|to "
        rf"this|the password)\b(?: \w+){{0,2}}?\s*(?:{_MAIL})?\b.{{0,25}}",
        rf"^(?!.*\b{_MAIL}\b)|(?:children|girls|boys|residents|young people|kids|lads|their|his|her)(?:'?s?'?) "
        rf"(?:e-?mails?|messages|phones?|laptop|computer)|reading (?:this|my) (?:e-?mail|message|far)|(?:you|"
        rf"whoever) (?:\w+ )?(?:reads?|sees?|opens?|checks?)|(?:reads?|sees?|answers?) (?:my|our|the|this) "
        rf"(?:e-?mails?|messages) (?:but|and never|and does|and (?:do|did)n)|(?:if|when|once|after|until) (?:\w+ "
        rf"){{0,3}}(?:reads?|sees?) (?:this|my)|bank account|reads? (?:them|it)? ?and (?:does|ignores)|system",
    ),
    phrase(
        "mailbox-shared",
        r"(?:\b(?:this|it|my e-?mail|my account|the account|the e-?mail|address|computer|laptop|mailbox|inbox)(?: "
        r"\w+){0,2}?(?:'?s| is| are) (?:a |an |the |my |our |on the |on a |on )?(?:\w+ )?(?:shared|family|joint|"
        r"communal|house|unit'?s|home'?s)(?: \w+)? (?:one|e-?mail|computer|laptop|account|inbox|mailbox|address|"
        r"tablet|ipad|pc|phone|device)|"
        r"\b(?:shared|communal) (?:e-?mail|inbox|mailbox|account|computer|laptop|device|address)\b|\bwe share (?:an?|"
        r"this|the|one) (?:\w+ )?(?:e-?mail|account|inbox|computer|laptop|phone|address|tablet|password)|"
        r"\bmy (?:work|works|school|office|company) (?:e-?mail|account|address|inbox|mailbox)(?: \w+){0,3} (?:is|are|"
        r"gets?|so|and|they|which|isn'?t|not)\b.{0,25}(?:monitor\w*|read|check\w*|seen?|look\w*|watch\w*|safe|"
        r"private)|"
        r"\b(?:e-?mails?|account|inbox|mailbox|address|messages)(?: \w+){0,4} (?:is|are|get|gets|being|be|been) "
        r"(?:all |also |sometimes |regularly )?(?:monitored|read|checked|watched|looked at|opened|logged) ?(?:by|"
        r"here|at|on|and|$|[.,;!])?)",
        r"(?:children|girls|boys|residents|young people|kids|lads)'?s? (?:e-?mails?|messages|phones?|laptop|"
        r"computer)|shared with (?:the|you|me|us|them|him|her|other|all)\b|shared (?:bedroom|bathroom|house|home|"
        r"lives)|(?:his|her|their) (?:e-?mails?|messages|account|phone)|my e-?mails? (?:have |has )?(?:not |never "
        r")?been read",
    ),
    phrase(
        "mailbox-not-safe",
        rf"(?:\b{_MAIL}(?: \w+){{0,3}}?(?:'?s| is| are)? ?(?:not|n'?t|never|isn'?t|un)\s?(?:\w+ )?(?:safe|secure|"
        rf"private)\b|\b(?:not|n'?t|isn'?t|never|wouldn'?t be) (?:a |an |really |very )?(?:safe|secure|private)(?: "
        rf"place| way)?(?: for me)?(?: to (?:reply|write|e-?mail|answer|use|send|contact|message)|,? (?:mailbox|"
        rf"inbox|account|address|e-?mail|computer))|unsafe (?:to (?:reply|e-?mail|write|contact)|e-?mail|mailbox|"
        rf"address|account))",
        r"\b(?:children|he|she|they|kids|young people|records)\b.{0,20}not (?:safe|secure)",
    ),
    phrase(
        "reply-would-be-seen",
        rf"\b{_READER}(?:'?d|'?ll| will| would| might| could| may| can)(?: all| probably| only| easily)? (?:see|read|"
        rf"find|open|notice|get) (?:it|this|the reply|the answer|your (?:reply|answer|e-?mail|response|letter)|an "
        rf"answer|any (?:reply|answer|e-?mail)|an e-?mail|what (?:comes|you))(?: (?:first|too|if|come|comes|when|"
        rf"before|on|and)|\s*(?:[.,;!)]|$))",
        r"if (?:he|she|they|you) (?:look|go|visit|inspect|ask|come)|hope|wish|judge|court|you'?ll see|if you "
        r"(?:visit|come|go)|inspect",
    ),
    phrase(
        "cymraeg-ddim-yn-saff",
        r"\b(?:darllen|gweld|edrych ar|checio|monitro) (?:fy |'?n |ein |fy holl )?(?:e-?byst|e-?bost|negeseuon|ebyst|"
        r"ebost)|(?:cyfrifiadur|e-?bost|ebost|cyfrif) (?:sy'n cael ei |a |yn cael ei |wedi ei )?rannu|(?:ddim|nid "
        r"yw)(?:'r \w+)? (?:yn )?(?:saff|ddiogel|breifat)",
        r"plant",
    ),
)

LETTER: tuple[Phrase, ...] = (
    phrase(
        "by-letter",
        r"(?:\b(?:please|pls|can you|could you|would you|will you|you can|you could|you may|you'?ll have to|if you "
        r"(?:must|want|need|have to|could|can|would|wish|do|are)|reply|answer|respond|contact me|write|writing|"
        r"written|get (?:hold of|back to) me|reach me|prefer|only|anything|any (?:reply|answer|letter)|a reply|"
        r"letters?|better|post)\b.{0,60}?"
        r"\b(?:(?:by|through|via|in) (?:the )?(?:ordinary |normal |second class |first class |royal )?(?:post|letter|"
        r"mail)\b|a (?:proper |paper |real )?letter\b|on paper\b|write to me\b|(?:to|at|c/o|care of) (?:the|my) "
        r"(?:\w+ )?(?:address|home|house|flat)\b|post (?:it|me|something|anything|a letter)\b|by snail mail)|"
        r"\b(?:write|reply|respond|letters?|post|send)(?: back| it| them| it all| anything| any reply| a letter| "
        r"something)?(?: to me| me| to us)?(?: only)?(?: at| to| c/o| care of|:| here:)+\s*(?=(?:flat |c/o |care of |"
        r"po box |\d{1,4}[a-z]?\b|the (?:\w+ ){0,3}\w+,\s*\d))|"
        r"\bprefer (?:paper|post|letters?|the post)\b|\bletters? (?:only|please|is (?:fine|safe|ok|best|safer|"
        r"better)|are (?:fine|safe|ok|best)|will (?:reach|find) me|(?:reaches?|finds?|gets?) me)|\b(?:post|paper) "
        r"(?:only|please|is (?:fine|safe|ok|okay|best|safer|better))|\bby post,? (?:please|only|thank)|(?:drwy'?r|"
        r"trwy'?r|yn y) post|(?:anfonwch|danfonwch|ysgrifennwch|llythyr) (?:\w+ ){0,3}(?:at|i|ata)\b)",
        r"\b(?:i|we|they|he|she|who|council|school|home|manager|staff|agency)(?:'?ve|'?d| have| had| has| never| "
        r"just| only| even)* (?:wrote|written|sent|posted|complained|received|had|got|get|gave|given|replied|"
        r"answered)\b|(?:do not|don'?t|dont|not|nor|never|no) (?:\w+ ){0,4}(?:a |any )?(?:post|letters?|paper|write "
        r"to me|to (?:the|my) (?:house|home|address|flat))|e-?mail (?:is|me) (?:fine|best|better|instead)|"
        r"reference letter|this letter|open letter|letters? (?:from|of|to (?:the|them|his|her|my (?:son|daughter)))|"
        r"appeal",
    ),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the sender wants done about their identity and a reply, with the words for it.

    `postal_address` is as they wrote it, over several lines or one; None unless they ask for it to be used.
    """

    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact
    postal_address: str | None
    evidence: tuple[Evidence, ...]


def read_wishes(email: Email) -> Wishes:
    """The sender's wishes from their own words: never from what they quote, forward or attach."""
    anonymous, why_anonymous = _anonymity(email)
    confidentiality, why_confidential = _confidentiality(email, anonymous=anonymous)
    contact, address, why_contact = _contact(email)
    evidence = (*why_anonymous, *why_confidential, *why_contact)
    return Wishes(anonymous, confidentiality, contact, address, evidence)


def _confidentiality(email: Email, *, anonymous: bool) -> tuple[Confidentiality, tuple[Evidence, ...]]:
    """A wish to be kept out wins over leave to share: whoever says both has named somebody not to tell."""
    asked = first_told(email, REQUESTED)
    if asked is None and not anonymous:
        asked = first_told(email, NAMELESS)  # a name is given, so the wish is that nobody else learns it
    for told, value in ((asked, Confidentiality.REQUESTED), (first_told(email, WAIVED), Confidentiality.WAIVED)):
        if told:
            return value, (evidence_of(email, told, "confidentiality", value, "P22"),)
    return Confidentiality.ASSUMED, ()


def _contact(email: Email) -> tuple[Contact, str | None, tuple[Evidence, ...]]:
    silence, unsafe, letter = (first_told(email, phrases) for phrases in (SILENCE, UNSAFE, LETTER))
    address = sender_address(email, letter) if letter or silence or unsafe else None
    if letter and (address or not silence):
        return Contact.POST, address, (evidence_of(email, letter, "contact", Contact.POST, "P10"),)
    why = silence or unsafe
    if why is None:
        return Contact.EMAIL, None, ()
    return Contact.DO_NOT_CONTACT, None, (evidence_of(email, why, "contact", Contact.DO_NOT_CONTACT, "P10"),)


# ---- A postal address ------------------------------------------------------------------------------------------------

POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.IGNORECASE)
_STREET = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|way|court|crescent|terrace|place|gardens|"
    r"grove|hill|row|walk|square|rise|mews|green|view|park|parade|yard|gate|wynd|vale|end|ffordd|heol|"
    r"stryd)"
)
_ADDRESS = re.compile(
    r"(?:(?:c/o|care of) [^,\n]{2,40}[,\n]\s*)?(?:(?:flat|apartment|apt|unit|room|plot|caravan|pitch|berth) "
    r"\w{1,5},?\s+)?"
    r"(?:\b\d{1,4}[a-z]?,?\s+(?=[a-z])|\b(?:the |y )?(?:[a-z'’]{2,15} ){1,2}(?:house|cottage|farm|lodge|barn|"
    r"bungalow|mill|moorings?),\s+|\bpo box \d+,?\s+)"
    r"[^,\n.;!?]{3,40}(?:(?:,|\n|,\n)\s?[^,\n.;!?]{2,40}){0,5}",
    re.IGNORECASE,
)


def sender_address(email: Email, letter: Told | None) -> str | None:
    """The address the sender gives for a letter, in their spelling; None if they give none.

    Taken from where they ask for a letter onwards, else from the end of the message: an address elsewhere is more often
    the service's.
    """
    after = email.text[letter.start :] if letter and letter.part == "text" else ""
    own = re.search(r"\bmy (?:home |postal |own )?address(?: is|:)", email.text, re.IGNORECASE)
    places = [after[:400], email.text[own.end() : own.end() + 200] if own else "", email.text[-220:], email.signature]
    for text in places if letter or own else []:
        for candidate in _addresses(text):
            return candidate
    return None


def _addresses(text: str) -> Iterator[str]:
    for match in _ADDRESS.finditer(text):
        written = match.group()
        postcode = POSTCODE.search(written)
        if postcode:
            yield written[: postcode.end()].strip()
        elif re.search(rf"\b{_STREET}\b", written[:45], re.IGNORECASE) and "," in written:
            yield written.strip(" ,")


# ---- Names -----------------------------------------------------------------------------------------------------------

NAMELESS: tuple[Phrase, ...] = (
    phrase(
        "gives-no-name",
        r"\b(?:i|we|i'?m|i'?d|i'?ll|im|a'?m|id|ill)\b(?: would| will| have| do| am| really| just| also| \w+ly)* "
        r"?(?:not|no|won'?t|wont|don'?t|dont|can'?t|cant|cannot|never|rather|prefer|choose|chosen|daren'?t)\b"
        r"(?: (?:going|want|wish|to|be|like|gonna|rather|willing|prepared|feel|able|safe|happy|comfortable|not|"
        r"prefer|dare|even|really|go|have|at the moment)){0,4} (?:giv(?:e|ing|en)|leav(?:e|ing|in)|say(?:ing|in)?|"
        r"put(?:ting)?|sign(?:ing)?|provid(?:e|ing|ed)|tell(?:ing)?|us(?:e|ing)|includ(?:e|ing|ed)|disclos(?:e|ing)|"
        r"state|add(?:ing)?|shar(?:e|ing)|attach|name|identify)"
        r"(?: you| to)? ?(?:(?:my|a|any|our|ma|me)? ?(?:real |full |own |actual )?(?:names?|identity|name to this|"
        r"name on this|details)\b|who i am|who (?:it|this) is|who we are|myself)",
        r"(?:his|her|their|the (?:child|boy|girl|lad|staff|home)\w*) (?:real |full )?name|(?:any|no) names? of|to "
        r"(?:the|them|him|her|my)\b",
    ),
    phrase(
        "wants-to-be-anonymous",
        r"\b(?:remain|remaining|stay|staying|be|keep(?: me| this| it| my \w+)?|kept|being|am|i'?m|write|writing|"
        r"report|reporting|this is|send|sending|do this|completely|totally|strictly) (?:\w+ )?(?:anonymous|"
        r"anonymously|anon|nameless)\b|\banonymous(?:ly)? (?:please|pls|for|because|as|report|tip|message|email)|"
        r"^\W*(?:anon|anonymous)\W*$|"
        r"\b(?:name (?:and address )?(?:withheld|supplied elsewhere|not (?:given|supplied))|(?:sorry,? )?(?:no|not "
        r"any) names?(?: from me| given| please| at the end| on this|,? no pack drill|\s*$|[.,;!])|this (?:is|comes) "
        r"(?:from )?(?:nobody|no one)|without (?:giving )?(?:my|a) name|(?:made up|fake|not my real|isn'?t my real|"
        r"not my|not in my) (?:name|own name|real name)|(?:will|'?ll) not be signing|have(?: not|n'?t) signed|excuse "
        r"(?:me for )?(?:not|no) (?:signing|giving|name))\b|"
        r"\b(?:yn ddienw|ddienw|dienw|(?:ddim|dim|heb|nid wyf) (?:\w+ ){0,3}(?:rhoi|roi|gadael|dweud) (?:fy |'?n "
        r")?(?:enw|pwy))\b",
        r"(?:do not|don'?t|no) (?:\w+ ){0,3}(?:need|want|wish|ask|have) (?:\w+ ){0,3}anonym|not (?:asking|anonymous|"
        r"writing anonym)|(?:an|the|that|some|any|from|received|got) anonymous (?:letter|call|tip|complaint|report|"
        r"note|referral|person|caller|survey|feedback)|can (?:i|you|people|staff|one)|data|survey|statistic|(?:staff|"
        r"children|they|callers|people) (?:can|could|may|to)",
    ),
)
LONGEST_SIGN_OFF = 60
"""Characters of a line that may be a name with a post after it; a longer one is a sentence."""

_THROWAWAY = re.compile(
    r"anon|maildrop|mail-?drop|temp|throw-?away|guerr?illa|burner|disposable|trash|10min|mailinator|yopmail|nowhere|"
    r"noname|no-name|hidden|private-?relay|discard|onetime|one-time|dispos|hushed|whistle|nobody|unknown|secret|"
    r"cloaked|shred|notmyname|justthisonce|tipoff",
)
_ALIAS = re.compile(
    r"\b(?:anon\w*|concerned|worried|neighbou?rs?|nobody|no ?one|no ?name|someone|somebody|whistle\w*|citizen|member|"
    r"insider|friend|well ?wisher|owl|truth|watch\w*|night|voice|ex|former|staff|worker|parent|mum|mam|mother|dad|"
    r"grand\w+|nan|granda|resident|person|"
    r"guest|user|unknown|withheld|doe|fed|enough|public|local|tenant|passer|carer|employee|sender|private|a|an|the|"
    r"one|who|not|hidden|secret|quiet|ghost|shadow|mouse|info|temp\w*|burner|throw\w*|eyes|ears|xx+|desperate|scared|"
    r"frightened|upset|lost|tired|angry|please|help|me|us|you|dienw|"
    r"assistant|warden|teacher|tutor|nurse|officer|cook|advocate|electrician|driver|social|duty|deputy|manager|"
    r"support|bursar|clerk|coach|relief|agency|care|keyworker|supervisor|supervising|housekeeper|cleaner|leader|"
    r"kitchen|foster|ward|visitor|visiting|therapist|counsellor|pupil|student|trainee|lad|lass|girl|boy|thanks?|"
    r"thank|regards|sincerely|faithfully|wishes|cheers|ta|best|kind|yours|sent|bye|diolch|hello|hi|dear|sorry|yes|no|"
    r"ok|team|office|account|mail|email|home|house|shift)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:mr|mrs|ms|miss|dr|prof|rev|sir|cllr|sister|fr)\.? )?[A-ZÀ-Ý][\w'’-]{0,30}\.?(?: (?:(?:de|van|"
    r"von|der|al|bin|ap|ab|ferch|le|la|du|o) )?[A-ZÀ-Ý][\w'’-]{0,30}\.?){0,3}"
)
_SIGNED = re.compile(
    r"(?:^|\s)(?:from|love|regards|thanks|thank you|cheers|sincerely|faithfully|ta|wishes|diolch|gan|"
    r"cofion|yours|best)\b[\s,.!x-]*\n?\s*([\w'’ .-]{2,40}?)[\sxX.,!-]*$",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?:[Mm]y name(?: is|'?s)|MY NAME IS|[Mm]y names|(?:fy enw i|[Ee]nw i) (?:yw|ydy)|I am called|"
    r"[Ii]'?m called|[Tt]his is)\s+([\w'’-]{2,20})\b(?! (?:on|not|in|out|kept|being))"
)


def signed_name(email: Email) -> str | None:
    """The name the sender signs or introduces themselves with, None where there is none or it is an alias."""
    introduced = _INTRODUCED.search(email.text)
    if introduced and introduced[1][0].isupper() and not _ALIAS.search(introduced[1]):
        return introduced[1]
    shown = email.sender.name
    if _display_name_is_real(email) and re.search(rf"\b(?:I am|I['’]?m|it['’]?s) {re.escape(shown)}\b", email.text):
        return shown
    signature = [
        line for line in email.signature.split("\n")[:3] if not re.match(r"(?i)sent from|get outlook|--", line)
    ]
    own = [line.strip() for line in email.text.rstrip().split("\n") if line.strip()]
    for line in [*reversed(own[-4:]), *signature]:
        name = _name_in(line)
        if name:
            return name
    closing = _SIGNED.search(email.text.rstrip()[-80:])
    return closing[1].strip() if closing and _is_short_name(closing[1]) else None


def _name_in(line: str) -> str | None:
    """A line that is nothing but a name, with what follows a comma (a post, a place) left off."""
    bare = re.split(r"[,(|–]| - ", line.strip(" -–~*_.!"))[0].strip(" .xX") or line.strip()
    if len(line) > LONGEST_SIGN_OFF or len(bare.split()) > 5 or not _NAME.fullmatch(bare) or _ALIAS.search(bare):
        return None
    return bare


def _is_short_name(words: str) -> bool:
    return len(words.split()) <= 3 and not _ALIAS.search(words) and not any(letter.isdigit() for letter in words)


def _display_name_is_real(email: Email) -> bool:
    name = email.sender.name.strip()
    initials = name.isupper() and len(name) <= 4
    return bool(_NAME.fullmatch(name) and not initials and not _ALIAS.search(name) and not re.search(r"\d", name))


def _throwaway(email: Email) -> bool:
    local, domain = email.sender.local_part, email.sender.domain
    mostly_digits = sum(letter.isdigit() for letter in local) * 2 > len(local) and not re.match(r"0?7\d{8,}", local)
    return bool(_THROWAWAY.search(domain) or _THROWAWAY.search(local) or mostly_digits)


def _anonymity(email: Email) -> tuple[bool, tuple[Evidence, ...]]:
    """Nameless by their own word, or unsigned from an address made to be thrown away. A real name signed ends it."""
    if signed_name(email):
        return False, ()
    told = first_told(email, NAMELESS)
    if told:
        return True, (evidence_of(email, told, "anonymous", "true", "P24"),)
    if _display_name_is_real(email):
        return False, ()
    if _throwaway(email) and not email.automatic:
        return True, ()
    alias = _alias_signed(email)
    return alias is not None, (evidence_of(email, alias, "anonymous", "true", "P24"),) if alias else ()


def _alias_signed(email: Email) -> Told | None:
    """A last line such as "A worried neighbour": somebody who chose not to sign."""
    last = email.text.rstrip().rpartition("\n")[2].strip()
    start = email.text.rfind(last) if last else -1
    words = (
        r"(?:a |an |one |your )?(?:very |deeply |extremely )?(?:concerned|worried|anonymous|anon|"
        r"frightened|scared|desperate|former|ex|disgusted|angry|fed up|upset|caring|local|"
        r"sad)[\s-](?:\w+\s?){1,4}[.!]?"
    )
    if start >= 0 and re.fullmatch(words, last, re.IGNORECASE):
        return Told("signed-with-an-alias", start, start + len(last), "text")
    return None
