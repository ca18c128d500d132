"""The words by which senders say what they want done about their identity and a reply: tables for an officer to check.

Each table is a tuple of phrases. A phrase is a list of sayings, one a line (a long one goes on after a backslash), with
an example or its meaning after ``#``; its `unless` lists the words beside it that make it mean something else. A word
in <angles> stands for the words of `STANDS_FOR`; a blank stands for any white space. The older phrases, each written
as one pattern, are read alike.
"""

from __future__ import annotations

import re

from mailbot.triage.facts import Phrase, phrase, phrase_of

STANDS_FOR = {
    "not": (
        r"(?:do not|does not|don'?t|dont|dnt|doesn'?t|never|not|must ?n[o']?t|must not|should ?n[o']?t|cannot|can'?t)"
    ),
    "them": r"(?:them|they|him|her|he|she|work|anyone|anybody|<the> <org>)",
    "the": r"(?:the|my|our|his|her|their|that|any)(?: own| \w+)??",
    "org": (
        r"(?:home|house|manager|boss|staff|school|college|uni|university|carers?|agency|company|firm|heads?|"
        r"head ?teacher|owner|council|trust|authority|charity|management|employer|deputy|warden|provider|director|"
        r"team leader|social worker|neighbours?|centre|trustees|unit|ward|service|team|nursery|applicant|hospital)"
    ),
    "me": r"(?:me|us|i|we)",
    "my name": r"(?:(?:my|our) (?:full |own |real )?(?:names?|identity|identities|details))",
    "reply": r"(?:repl(?:y|ying|ies)|respond(?:ing)?|answer(?:ing)?|writ(?:e|ing)(?: back)?|e-?mail(?:ing)?)",
    "an answer": r"(?:(?:a|an|any|no|your|the)? ?(?:repl(?:y|ies)|answers?|response|acknowledge?ment))",
    "address": r"(?:(?:this|that|the|my) (?:\w+ )?(?:e-?mail|address|account|inbox|mail ?box|login|log-in)s?)",
    "leave": (
        r"(?:(?:you|u)(?: are|'?re)? (?:\w+ )?(?:can|may|could|free to|welcome to|have my (?:permission|consent|"
        r"leave) to)|"
        r"(?:feel )?free to|by all means|please do|go ahead and|(?:happy|glad|content|fine|okay|ok|willing|"
        r"consent|agree|"
        r"allow|permission|no objection|no problem|(?:do not|don'?t|dont|would ?n'?t) mind)(?: if| for| to|"
        r" with| that)?"
        r" (?:you|your|u)(?: to)?)"
    ),
    "please": r"(?:please|pls|plz|kindly|if you please|thanks|thank you|ta|os gwelwch yn dda|plis)",
}


def said(name: str, sayings: str, unless: str = "") -> Phrase:
    """A phrase from its sayings and from the words that undo it, each one a line."""
    return phrase_of(name, _each_of(sayings), _each_of(unless))


def _each_of(lines: str) -> list[str]:
    whole = re.sub(r"\\\n *", "", lines)
    sayings = (re.split(r"(?:^|\s+)#", line.strip())[0].strip() for line in whole.splitlines())
    return [_spelled_out(saying) for saying in sayings if saying]


def _spelled_out(saying: str) -> str:
    """The saying as a pattern, whole words only; a word that stands for others may hold such words itself."""
    while (written := re.sub(r"<([a-z ]+)>", lambda word: STANDS_FOR[word[1]], saying)) != saying:
        saying = written
    return rf"(?<!\w)(?:{saying})(?!\w)"


# ---- To be kept out of it --------------------------------------------------------------------------------------------

_WITHHELD = (
    r"(?:(?:not|no|never|n'?t|cant|wont|cnt|rather not|shan'?t|un)\b ?(?:\w+ ){0,3}?"
    r"(?:sign\w*|(?:my|a|any)? ?names?)|named?(?: is)? withheld|unnamed|my name i shall keep)"
)
_STAKE = (
    r"(?:job|jobs|mortgage|rent|bills|shifts|visa|pension|references?|livelihood|my living|registration|"
    r"looking for work|lose|sacked|fired|would know|will know|'?d know|still there|still works?|works? (?:there|"
    r"with)|get (?:back|out))"
)

KEPT_QUIET: tuple[Phrase, ...] = (
    said(
        "between-ourselves",
        r"""
        (?:keep|put) (?:it|this|that|all this) under your hats?   # tell nobody
        <my name> to (?:yoursel(?:f|ves)|urself|urselves)   # keep my name to yourself
        <my name> is (?:just |only )?for (?:you|ofsted)(?: (?:alone|only|and not)\b)?   # for you and not for them
        (?:no|any) further than (?:you|this office|your office|ofsted)   # this goes no further
        confidential to (?:you|yourselves|ofsted)   # to you, and not to others
        in confidence,? <please>   # asked politely
        (?:sh+|hush|mum'?s the word)\b.{0,20}who (?:told|said|wrote)   # shh on who told you
        who (?:told|said|wrote)\b.{0,20}\b(?:sh+|hush)   # the same, turned round
        # "you never heard this from me"
        (?:you|u) (?:never|didn'?t|did not|didnt) (?:hear|heard|get|got|have) (?:it|this|that|any of (?:it|\
            this))(?: from <me>)?
        """,
        r"""
        (?:they|staff|manager|he|she) (?:told|tells?|said) (?:me|us|him|her|them)
        """,
    ),
    said(
        "not-from-me",
        r"""
        # but not from me
        (?:^|please|pls|but|and|though|just|[,;:-]) ?(?:please )?(?:not|never)(?: as)?(?: coming| come)? from (?:me|\
            us)
        # do not say it was the kitchen
        <not> (?:to )?(?:say|tell them|let on|let them know|let <them> know) (?:that )?(?:it|this)(?:'?s| is| was| \
            has| had)?(?: came| come| comes)? (?:from|off|the|a|an|me|us|next door)\b
        # that somebody told you
        <not> (?:to )?(?:say|let on)\b.{0,25}\b(?:someone|somebody|anyone|anybody|one of us)\b.{0,25}\b(?:told|said|\
            wrote|spoke|rang|contacted)
        # just don't say
        (?:please|pls|just|so|if you ring|do ring|you) (?:do not|don'?t|dont|not) say(?: us| me)? ?$
        ^(?:please )?(?:do not|don'?t|dont) say(?: us| me)?[.!]* ?$   # the whole of a short statement: "Don't say."
        say (?:it|this) (?:came|was|is) from (?:a|an|another|someone|somebody)\b   # name another source
        if you (?:must|have to) say (?:someone|somebody|who)\b.{0,30}\bsay\b   # say a parent told you
        # hide why you came
        (?:make it )?look like (?:a |an |just a )?(?:routine|random|ordinary|spot|normal) (?:check|visit|inspection|\
            call)
        """,
        r"""
        (?:hear|heard|hearing|reply|response|word) from (?:me|us)
        (?:they|staff|manager|he|she|we were|was|were) (?:told|tells?|said)(?: \w+){0,3} not to
        """,
    ),
    said(
        "they-are-not-to-know",
        r"""
        # "she mustn't know"
        <them> (?:must not|mustn'?t|mustnt|should not|shouldn'?t|is not to|are not to) (?:ever )?(?:know|find out|\
            learn|hear|be told)
        neither\b.{0,40}\bis to (?:know|find out|learn|hear)   # neither of them is to find out
        # "I'd rather neither of them found out"
        (?:rather|sooner|prefer|preferred|wish) (?:that )?(?:neither|no one|nobody|none)\b.{0,50}\b(?:know|knew|\
            find|found|learn|learnt|learned|hear|heard)
        # I don't want work knowing
        (?:do not|don'?t|dont|would not|wouldn'?t) (?:really )?want (?:\w+ ){1,4}?(?:to know|knowing|to see|seeing|\
            to find out|finding out|to hear|hearing|to think|thinking)\b.{0,30}\b(?:i|we|me|us|my|this|we'?re|i'?ve|\
            i'?m)
        should not know (?:that )?(?:it'?s|it is|it was) (?:me|us|him|her)   # "they should not know it was us"
        (?:please |pls )<not> let <the> <org> (?:know|find out)   # don't let the school know
        # "please don't tell the charity"
        (?:please |pls )<not> tell <the> (?:charity|college|trust|trustees|university|hospital|school|nursery|team)
        # to the council but not to my own company
        (?:but|and|only)? ?not to (?:my|the|our) (?:own )?(?:company|employer|manager|agency|trust|boss|provider|\
            firm)\b ?(?:$|[.,;!)]|they)
        (?:rather|prefer|sooner) (?:\w+ ){0,3}(?:did not|didn'?t) reach <them>   # my name did not reach the trust
        # "my name should not get back"
        <my name> (?:did|does|should|must|may) not (?:reach|get (?:back|out|to)|come (?:out|up)|go (?:to|back))
        """,
        r"""
        (?:we|i|staff|they|us|me) (?:were|was|are|am|have been|had been)(?: all)? (?:told|warned|instructed)
        (?:they|staff|manager|he|she|boss|who) (?:told|tells?|said|says)
        child(?:ren)? (?:must|should)
        inspectors? (?:must|should) not
        (?:that|so) (?:ofsted|inspectors?|parents?) (?:must|should)
        """,
    ),
    said(
        "if-it-comes-out",
        r"""
        # "if it comes out that I wrote"
        (?:if|when|should) (?:<my name>|it|this|word|any of this) (?:ever )?(?:comes?|gets?|got|came|leaks?) (?:out|\
            back|round|to light)\b.{0,40}\b(?:i|i'?m|i'?d|i'?ll|me|my|we)
        # I'd be grateful if it didn't get back
        (?:not keen|grateful|obliged|prefer|rather|please)\b.{0,30}\b(?:this|it|that)?(?: did ?n'?t| not| didnt)? \
            ?(?:get|getting|got) back(?: to <them>)? ?(?:$|[.,;!])
        <my name> (?:must|can|should)(?: not|n'?t) (?:get|come|go) (?:back|out)   # "my name must not get out"
        (?:stay|kept|keep \w+|left|leave \w+) out of (?:anything|whatever)\b   # kept out of anything that goes back
        # "keep it off anything you send them"
        keep (?:it|me|my name|us) off (?:anything|whatever|everything|the|any)
        # "don't want them thinking we're telling tales"
        thinking (?:that )?(?:i'?m|we'?re|i am|we are|im) (?:telling tales|a grass|grassing|a snitch|snitching|\
            stirring)
        (?:they|she|he|the \w+)(?:'?d| would|'?ll) know me by   # by the way I write
        a distinctive (?:way|style) of writing   # they would be known by it
        """,
        r"""
        (?:get|getting|got) back to (?:me|us)
        mind (?:if|who)
        """,
    ),
    said(
        "my-name-kept-back",
        r"""
        <not> (?:to )?(?:name|identify) (?:me|us)\b   # I ask you not to name me
        # "do not pass on our details"
        <not> (?:to )?(?:pass|give|share|release|disclose|hand) (?:on |out |over )?our (?:names?|details|address|\
            identity|e-?mails?)
        <not> (?:to )?(?:try (?:to|and) )?(?:find|look for) me\b   # don't try to find me
        not my name (?:to|for|on|in|near|with)\b   # "not my name to the trust, please"
        <not> let\b.{0,30}\bconnect (?:this|it|me|any of this) (?:with|to)   # "don't let them connect this with me"
        careful (?:of |about )?(?:what|how|who) you (?:say|tell|put|word|speak)   # "be careful what you say to them"
        # anybody but my manager
        <my name>\b.{0,40}\b(?:except|apart from|other than|but not) (?:to )?(?:my|the|them|him|her)
        use my name (?:from|after|once)\b.{0,40}\b(?:not before|left|gone|started)   # later, not yet
        """,
        r"""
        <not> (?:to )?(?:mind|object)
        (?:they|he|she|staff|manager|home|school|council|who) (?:do not|don'?t|dont|did not|didn'?t|would not|\
            wouldn'?t|never)
        """,
    ),
    said(
        "source-not-to-be-known",
        r"""
        # let nobody think it came from the office
        <not> (?:to )?(?:\w+ ){0,2}?(?:say|tell|let|know|hear|learn|think|guess|suspect|realise|find out|work out|\
            mention|reveal)\b.{0,35}\b(?:it|this|that|you|complaint|report|tip)(?:'?s| is| was| has| had)?(?: come| \
            came| comes| heard| been told| got this| got it)? (?:from|off|by|through) (?:me|us|the|a|an|my|one|\
            someone|somebody|inside|within|staff|here)
        # "don't let her think it was one of us"
        <not> (?:to )?(?:\w+ ){0,2}?(?:say|tell|let|know|hear|learn|think|guess|suspect|realise|find out|work out|\
            mention|reveal)\b.{0,35}\b(?:it|this)(?:'?s| is| was) (?:me|us|one of (?:us|the|their|them)|someone|\
            somebody|(?:a|the) \w+ who)\b
        <not> (?:to )?(?:mention|use|say|give|put|quote|tell (?:them|him|her|anyone)) <my name>   # plainly
        <not> (?:to )?(?:mention|bring|drag|involve) (?:me|us)\b   # "please don't mention me"
        <not> (?:to )?(?:give|giving) (?:me|us) away   # "don't give me away"
        # leave my name out
        <my name>\b.{0,15}\b(?:out of (?:it|this|that|anything|everything|the|your)|off (?:it|this|that|anything|\
            the|any|your))
        # "without naming me"
        without (?:\w+ ){0,3}?(?:naming|mentioning|involving|identifying|quoting|using|giving|bringing) (?:me|us|\
            <my name>)
        (?:leave|keep) (?:me|us|my \w+) out\b   # "leave me out"
        """,
        r"""
        (?:they|he|she|staff|manager|home|school|council|who|we|nobody|anyone|someone) (?:do not|don'?t|dont|did \
            ?n'?t|would ?n'?t|never|cannot|can'?t)
        i (?:really )?(?:do not|don'?t|can'?t|cannot|could ?n'?t|did ?n'?t) (?:know|say|tell|think|understand)
        (?:do not|don'?t|would ?n'?t|dont) (?:mind|care)
        (?:i'?m|i am|i|we|i'?ll|i'?d|i would|^|so|sorry)(?: will| would| rather)? (?:not|rather not|won'?t|wont) \
            (?:be )?(?:giv|say|leav|put|sign|us)\w*
        """,
    ),
    said(
        "what-they-would-do",
        r"""
        # what they would do to me
        (?:they'?d|they would|they will|they'?ll|he'?d|he'?ll|he would|she'?d|she'?ll|she would|manager would) \
            (?:\w+ )?(?:make (?:my|our) life|take it out on (?:me|us|him|her|my)|get rid of (?:me|us)|sack me|fire \
            me|finish me|have me out|stop (?:my|giving me) shifts|know (?:exactly |straight away |at once )?(?:who|\
            where))
        # what would become of me
        (?:i'?d|i would|i'?ll|we'?d) (?:be |get |have |lose )(?:sacked|finished|out of a job|out on my ear|dead|my \
            job|no job|no shifts|no work|my placement|my place|my home|the sack)
        # what it would mean to be known
        (?:i'?m|i am|it'?d be|that'?s|it would be) (?:the end of me|more than my job)
        # few can have written it
        (?:obvious|easy to (?:tell|guess|see|work out)|only (?:one|two|three|four|a few|a handful) (?:of us|\
            people))\b.{0,35}\b(?:who (?:it|told|said|wrote)|it was me|it'?s me|(?:who )?could have (?:told|said|\
            known|seen|written))
        # "I work with them so please be careful"
        (?:i|we) (?:still |have to |need to |only )?(?:have to )?(?:work|live|go in) (?:there|with them|next door|\
            alongside)\b.{0,30}\b(?:so|please)\b.{0,30}\b(?:not|n'?t|careful|quiet|discreet)
        # be discreet
        (?:be|been|with|use|appreciate|ask for|your|some) (?:\w+ ){0,2}?(?:discreet|discreetly|discretion|tactful)
        # keep it quiet
        (?:keep|kept|stay|stays|keeping) (?:it|this|things|all this|that|me|us|my \w+)? ?(?:quiet|hush-?hush|\
            private|secret|confidential|low[- ]key|to yoursel\w+)
        """,
        r"""
        (?:told|asked|tells?|said|says|warned|wants?) (?:me|us|him|her|them|staff|you|to|the \w+)\b.{0,30}\b(?:keep|\
            kept|stay|quiet|secret|private)
        (?:to|they|staff|manager|he|she|home|head) (?:keep|kept|keeps)
        (?:no need|need not|needn'?t|do not need|don'?t need)
        children|kids|boys|girls|residents
        (?:if|unless) (?:i|we) (?:do not|don'?t|refuse|complain|say no|miss|am late)
        """,
    ),
    said(
        "not-a-word",
        r"""
        # not a word to them
        (?:not|never|do not|don'?t|dont) (?:a|breathe a|say a|one) (?:word|whisper|peep)\b(?! of (?:it|this|that|\
            what))
        # "say nothing to them please"
        (?:tell|say) (?:no ?body|no one|nothing|nowt|not a soul)(?: to)?(?: <them>)?(?=.{0,30}\b(?:please|pls|me|i|\
            who|home|work|manager))
        # "nobody there must know"
        (?:nobody|no ?one|no-one|none of (?:them|us)|not a soul)(?: \w+){0,3} (?:must|should|can|may|is to|are to|\
            needs? to|ought to) (?:ever )?(?:know|find out|hear|learn|see)
        # "without the home finding out"
        without (?:them|him|her|anyone|anybody|<the> <org>) (?:\w+ )?(?:knowing|finding out|hearing|learning|being \
            told|realising)
        between you,? me and\b   # and the gatepost
        # other ways of saying it is secret
        (?:for your (?:eyes|ears) only|on the (?:quiet|qt)|off the record|keep (?:schtum|mum about)|hush[- ]hush|\
            strictly private)
        (?:not for|non|un|not to be|do not|don'?t|never)[- ]?(?:attribut\w+|quotation)   # "not for attribution"
        <not> (?:to )?quote (?:me|us|this|my)\b   # "please don't quote me"
        # it was not me
        if (?:anyone|anybody|they|he|she|<the> <org>) asks?,?\b.{0,30}\b(?:not me|wasn'?t me|was not me|never|did \
            ?n'?t|someone else|anonymous)
        # "I never wrote this."
        i (?:never|didn'?t|did not) (?:write|send|say|wrote|sent|said) (?:this|it|any of this)\b ?(?:$|[.,!)])
        # "say it was an anonymous tip"
        (?:say|tell them|pretend|make out|put it down)\b.{0,20}\b(?:an? )?(?:anonymous|anon|tip[- ]?off|member of \
            the public|passer-?by|another parent|routine)
        """,
        r"""
        (?:they|staff|manager|he|she|home|who|head|boss|we were|was|were) (?:told|tells?|said|says|never|did ?n'?t|\
            do not|don'?t|does not|doesn'?t)
        (?:told|asked|tells?|made) (?:me|us|him|her|them|the \w+|staff) (?:\w+ )?(?:not )?to
        child(?:ren)?|boys|girls
        """,
    ),
    said(
        "not-to-be-named",
        r"""
        # "I would rather not be named"
        (?:i|we|me|us)\b.{0,30}\b(?:not|n'?t|never|rather not)(?: want| wish| like)?(?: to)? (?:be|being) (?:named|\
            quoted|mentioned|cited|involved|associated|brought into|known|attributed|copied|linked|seen)
        # no need to say who
        no need\b.{0,25}\b(?:mention|say|tell|bring|know|use|give)\w*\b.{0,20}\b(?:me|us|my name|who|where (?:it|\
            this|you))
        (?:redact|strike|blank|cross) (?:out |off )?(?:my|our) (?:names?|details|identity)\b   # redact my name
        # "my part in this need not be known"
        (?:my|our) (?:involvement|part|role|name|identity|visit|e-?mail|letter)\b.{0,25}\b(?:need not|not|never|\
            n'?t)\b.{0,20}\b(?:known|mentioned|come into|come up|disclosed|revealed|appear|shared|passed|told|shown)
        # "don't say how you heard"
        <not> (?:to )?(?:say|tell|reveal|disclose|let on|share|mention)\b.{0,25}\b(?:where|how) (?:you|this|it|\
            the)\b.{0,15}\b(?:from|heard|got|came|know|knew|learn\w*|found)
        # "don't show this to them"
        <not> (?:to )?(?:show|forward|pass|copy|send|share|read) (?:on )?(?:this|my|it)\b.{0,20}\b(?:to|with) <them>
        """,
        r"""
        (?:they|staff|he|she|manager|home|school|council|who|children|child) (?:do not|don'?t|dont|does not|\
            doesn'?t|did not|didn'?t|would not|wouldn'?t|will not|won'?t|never|cannot|can'?t|could not)
        <not> (?:mind|care|object)
        (?:erase|erasure|article 17|right to be forgotten)
        (?:want|wish)\w* to be (?:involved|seen|heard)
        """,
    ),
    said(
        "fear-of-reprisal",
        r"""
        # "worried about repercussions"
        (?:worried|scared|afraid|frightened|terrified|nervous|anxious|fear\w*|dread\w*|\
            petrified)\b.{0,20}\b(?:repercussions?|reprisals?|comebacks?|retaliation|backlash|the sack|losing (?:my|\
            our|his|her) (?:job|position|post|visa|placement|home|shifts|registration|work|contract)|(?:for|about) \
            my (?:job|position|post|visa|placement|reference|shifts|registration|contract)|being (?:sacked|\
            identified|found out|named|known|labelled|traced|seen|recognised|blamed|targeted|victimised|punished))
        # "I want no comeback"
        (?:no|any|without|avoid|risk of|fear of|because of) (?:\w+ )?(?:repercussions?|reprisals?|comebacks?|\
            retaliation|backlash)\b
        (?:comeback|repercussions?|reprisals?|kickback) (?:on|for|against) (?:me|us|my|him|her)   # "comeback on me"
        # "my visa depends on it"
        (?:my|this|our) (?:job|position|post|visa|placement|registration|contract|livelihood|reference|\
            pension)(?:'?s| is| would be| will be| could be| may be| depends?)\b.{0,15}\b(?:at risk|on the line|at \
            stake|gone|over|in danger|depend|on it|with them)
        # "I can't afford to lose this job"
        (?:cannot|can'?t|cant|could ?n'?t) (?:afford to )?(?:lose|risk) (?:my|this|the) (?:job|work|position|shifts|\
            placement|visa|registration|home|house|tenancy|contract)
        # "seen as a troublemaker"
        (?:seen|labelled|marked|branded|known) as (?:a|the) (?:trouble ?maker|grass|snitch|whistle ?blower|stirrer|\
            difficult)
        i need (?:the|this|my) (?:job|work|shifts|reference|money|wage)   # "I need the job"
        """,
        r"""
        (?:children|kids|boys|girls|residents|young people|he is|she is|he's|she's|they are|mum is|staff \
            are)\b.{0,25}\b(?:scared|afraid|frightened|terrified|worried)
        """,
    ),
    said(
        "withheld-for-fear",
        rf"""
        {_WITHHELD}\b.{{0,70}}\b{_STAKE}   # no name: I need the job
        """,
        r"""
        (?:they|he|she|manager|head|who) (?:would not|wouldn'?t|won'?t|will not|did not|didn'?t|does not|doesn'?t|\
            do not|don'?t)
        (?:his|her|their) names?
        (?:no|not) (?:secret|ashamed)
        """,
    ),
    said(
        "cymraeg-cadw-allan",
        r"""
        # do not say somebody got in touch
        (?:peidiwch|paid|plis peidiwch) (?:â |a |ag )?(?:d?deud|dweud|gweud|sôn)\b.{0,60}\b(?:cysylltu|cwyno|\
            sgwennu|ysgrifennu|fi|ni)
        yn (?:ofalus|garcus)\b.{0,20}\b(?:be|beth|sut)\b   # careful what you say
        nid wyf am i(?:'r| y)? .{0,40}\b(?:wybod|ddeall)\b   # I do not want them to know
        ddim (?:am|isio|eisiau|moyn) i .{0,30}\b(?:wybod|wbod|gwybod)\b   # "I do not want them to know"
        os (?:clyw|gwel|ffeindi)\w* nhw\b   # if they hear it
        (?:gesio|gwybod|gwbod|meddwl) (?:mai|taw) (?:fi|ni)\b   # guess that it is me
        """,
        r"""
        (?:dim|sdim|does dim) ots
        pawb yn (?:gwybod|gwbod)
        """,
    ),
)


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
_NAME_WITHHELD = (
    r"(?:^|[.,;/] ?|\bso )(?:sorry )?(?:not|rather not) (?:giving|saying|leaving|putting|signing|give|say|leave) "
    r"(?:you )?(?:my|a|any) names?\b|^(?:not|rather not) say(?:ing)? who i am|no names? from me|"
    r"\bdo not (?:\w+ ){0,3}give out my|\bdon'?t (?:really )?want to say who i am"
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
        rf"{_FINE_WITH_IT}|{_NAME_WITHHELD}|\bi (?:really )?(?:do not|don'?t|did ?n'?t|can'?t|cannot|"
        rf"couldn'?t) (?:even )?(?:know|"
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
        rf"{_FINE_WITH_IT}|no need|need not|{_SMALL_PRINT}|our (?:children|kids|child|boys|girls|pupils|residents)|"
        rf"(?:they|he|she|staff|home|school|council|manager) (?:\w+ "
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
        rf"{_FINE_WITH_IT}|tell me|will know (?:who|what) to|that'?s fine now|does ?n'?t matter",
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
        rf"going|need|want|live)|wants? to know if|(?:thinks?|thought) about (?:it|this)\b",
    ),
    phrase(
        "job-at-stake",
        r"\b(?:lose|losing|lost|cost me|costing me|risk my|risking|more than|worth|sack(?:ed)?|fired|finished|"
        r"out of (?:a|my|the) (?:job|work)|"
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
        r"(?:keep|keeps|kept|stay|stays|remain|remains|just|strictly|is|this|it|"
        r"that)(?: \w+){0,2} between (?:you and me|ourselves|us|you and i)|for your eyes only|off the record|"
        r"strictly confidential|"
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
    *KEPT_QUIET,
)

# ---- Leave to say who wrote ------------------------------------------------------------------------------------------

_NO_LEAVE = r"""
        # refused
        (?:not|never|nor|\w*n'?t) (?:\w+ )?(?:happy|glad|content|fine|ok|okay|willing|agree|allow|consent|permit)
        (?:no|not|without) (?:my )?permission
        only if|unless|not until|as long as|provided|only (?:with|to|for)   # on a condition
        (?:my|her|his|their) consent (?:was|is) (?:never|not)
"""

LEAVE_GIVEN: tuple[Phrase, ...] = (
    said(
        "say-who-told-you",
        r"""
        # "you can say who told you"
        (?:you|u) (?:can|may) (?:say|tell (?:them|him|her|<the> <org>|[a-z]+))(?: that)? (?:who (?:told|we are|i \
            am)|i (?:told|wrote|rang|sent)|it'?s (?:me|from me|us)|it was (?:me|us)|we (?:told|wrote)|\w+ (?:said|\
            told you) ?(?:$|[.,!]))
        # "you may say my name"
        (?:you|u) (?:can|may) (?:(?:say|use|give|keep|mention|quote|name|print) (?:me|us|my name|our names?)|say \
            it(?= ?[.,;!]| ?$))(?! (?:if|only|unless|once|when|after|from))
        # "happy for you to mention me"
        (?:happy|glad|content|fine|ok|okay|willing) for you to (?:mention|quote|name|say) (?:me|us|it|who)
        # "I agree that you use my name"
        (?:allow|agree|permit)(?: that)? you (?:to )?(?:say|use|give|mention|quote) (?:my name|me)
        # "feel free to quote me"
        feel free to (?:(?:quote|name|mention) (?:me|us)|share (?:this|it)|use my name|(?:say|tell \w+) (?:it|who|\
            i))
        (?:share|quote me|name me|use my name|forward (?:it|this))\b.{0,10}\bby all means   # "share by all means"
        by all means\b.{0,10}\b(?:share|quote me|name me|use my name)   # "by all means quote me"
        # "you are welcome to quote me"
        you(?:'?re| are) (?:very |most |quite )?(?:welcome|free) to (?:quote|name|mention|share|tell)\b
        # "tell them I said so"
        tell (?:them|him|her) (?:that )?(?:i said so|it'?s from (?:me|us|him|her)|it was (?:me|us))
        """,
        _NO_LEAVE
        + r"""
        <not> (?:say|tell|use|give|name|quote|share|mention)
        """,
    ),
    said(
        "name-may-be-used",
        r"""
        # name can be used
        (?:my |our )?names? (?:can|may) (?:freely )?(?:be (?:used|given|shared|told|passed|printed|mentioned|\
            quoted)|go (?:on|to|in|with))
        (?:put|sign) (?:my|our) names? to (?:anything|it|this|that|every)   # we'll put our names to it
        # "use my name where you like"
        (?:^|[,;.!] ?|please |just |and )(?:use|print|put|give) (?:my|our) names?(?: (?:where|wherever|freely|if \
            you (?:like|want|wish|need)|in full))? ?(?:$|[,;.!]|you)
        (?:no bother|no problem|not bothered|no worries) about (?:my|our) names?   # "no bother about my name"
        (?:my |the )?name'?s no secret   # "name's no secret"
        (?:with|from|as)\b.{0,30}\bname and all   # name and all
        attribution\b.{0,40}\b(?:not a problem|no problem|fine|welcome)   # "attribution is not a problem"
        """,
        _NO_LEAVE
        + r"""
        (?:can|may) not
        <not> (?:use|print|put|give|say|want|sign)
        (?:wo|ca|would|could)n'?t (?:put|sign|use|print)
        (?:so|then|before|until|unless|only if)\b.{0,20}names?
        """,
    ),
    said(
        "you-may-share",
        r"""
        # "you can share this"
        (?:you|u)(?: \w+)? (?:can|may)(?: \w+)? (?:share|pass|forward|show|send)(?: on)? (?:this|it|all this|all of \
            (?:this|it))
        # "my permission to share"
        (?:my|our|full|with) (?:full )?(?:permission|consent|leave|blessing) (?:to|for you to) (?:share|pass|use|\
            tell|say|forward|quote|name)
        # "no objection to them knowing"
        no (?:difficulty|objection|problem|issue|trouble)\b.{0,20}\b(?:with|to|about|if)\b.{0,30}\b(?:knowing|\
            knows?|hears?|hearing|being told|seeing)
        go ahead,? (?:i |we )?(?:do not|don'?t|dont) mind   # "go ahead, I don't mind"
        """,
        _NO_LEAVE
        + r"""
        (?:can|may) not
        (?:but|only) not
        without
        unless|only if
        """,
    ),
    said(
        "leave-in-other-words",
        r"""
        # "don't mind you saying it was me"
        <leave> (?:use|share|give|pass|quote|mention|name|print|say|tell|put|forward|show|send|copy|attach|identify|\
            disclose|repeat|cite|publish)(?:ing)? (?:\w+ ){0,2}?(?:<my name>|who (?:i am|we are|told you|wrote|said|\
            it was)|i (?:told|said|wrote|rang|sent|reported|complained)|(?:it|this|that)(?:'?s| is| was| came| \
            comes)? (?:from )?(?:me|us))
        <leave> (?:quote|name|mention|identify|cite) (?:me|us)\b   # "fine for you to name me"
        # "glad for you to pass this on"
        <leave> (?:share|pass|forward|show|copy|send) (?:on )?(?:this|it|all of this|my (?:\w+ )?(?:letter|e-?mail|\
            message|concerns?|report))\b
        # "you can tell them who I am"
        <leave> (?:tell|let|show|inform) (?:them|him|her|<the> <org>|whoever|anyone)\b.{0,12}\b(?:it'?s|it was|that|\
            i|we|me|us|my|who|this|know i)
        # "fine to use my name"
        (?:fine|okay|ok|free|safe) to (?:use|share|give|pass|quote|mention) (?:my|our|me|us|this)
        # "my name may be given"
        <my name> (?:can|may|could) (?:\w+ )?be (?:used|shared|passed|given|quoted|disclosed)
        (?:stand|standing) by (?:it|this|every word|what i)\b.{0,30}\bname   # "I stand by every word, name and all"
        """,
        _NO_LEAVE
        + r"""
        <not> (?:to )?(?:say|tell|use|give|name|quote|share|mention|pass|show|let|identify)\b
        \b(?:if|unless|only|but|until|before|once|without)\b.{0,40}\b(?:name|not|n'?t|know|me|keep|anonym\w*)
        you (?:can|could|may) (?:tell|show|send|name|quote|let) me
        (?:can|could|may|should|might|shall) (?:you|i|we|they|staff|people)
        whether
        """,
    ),
    said(
        "they-know-i-am-writing",
        r"""
        # "the agency knows we are informing you"
        <the> (?:trustees|agency|provider|home|manager|head|council|school|service|director) (?:all )?knows? \
            (?:that )?(?:i am|i'?m|we are|we'?re) (?:writing|informing|telling|contacting|reporting|sending)
        # "I have told the trustees that I am writing to you"
        (?:i|we)(?: have|'?ve)? told (?:them|<the> (?:trustees|agency|provider|home|manager|head|council|school|\
            service|director)) (?:that )?(?:i|we)(?: am|'?m| are|'?re) (?:be )?(?:writ|inform|contact|report|\
            complain)\w*
        """,
    ),
    said(
        "cymraeg-cewch-ddweud",
        r"""
        # you can say it was me
        (?:chi'n gallu|gallwch|galli di|cewch|gewch)(?: chi)? (?:d?deud|g?weud|dd?weud|rannu|ddefnyddio|\
            basio)\b.{0,40}\b(?:fi|ni|enw|hwn|hyn)
        hapus i (?:chi|ti) (?:basio|rannu|rhannu|ddefnyddio|ddeud|ddweud|enwi|roi)   # "happy for you to pass it on"
        # I have told them I am writing
        (?:dw i|dwi|rwy|rydw i) wedi (?:deud|dweud|gweud) wrthyn nhw\b.{0,30}\b(?:gneud|gwneud|sgwennu|ysgrifennu|\
            cysylltu)
        """,
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
        r"\byou(?:'?re| are) happy|\b(?:they|he|she|children|kids)(?:'?re|'?s| are| is| was| were)? happy|"
        r"(?:\bnot|n'?t|\bdont|\bnever|\bun|\bnor|\bless than) (?:\w+ )?(?:happy|content|fine|ok|okay|glad|"
        r"willing|comfortable|"
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
    *LEAVE_GIVEN,
)

# ---- No reply --------------------------------------------------------------------------------------------------------

NO_REPLY: tuple[Phrase, ...] = (
    said(
        "nothing-back",
        r"""
        nothing back,? <please>   # "nothing back, please"
        (?:please |kindly |pls |so )(?:do )?send (?:me )?nothing   # send nothing to it
        # "don't send anything back"
        <not> (?:send|put|mail|e-?mail|write) (?:me )?(?:nothing|anything|owt|nowt|stuff) (?:back|to (?:this|here|\
            it|me)|here)
        # "don't email either"
        <not> (?:be )?(?:e-?mail|e-?mailing|reply|replying|answer|answering|text|texting|write)(?: me| back)?,? \
            (?:either|neither|as|cos|coz|in case|it goes)
        (?:no|not? any) (?:repl(?:y|ies)|answers?|responses?),? (?:\w+ ){0,2}?<please>   # "no reply to me please"
        (?:any|a|an) answer,? (?:a )?reference number   # wants none of what we send
        <not> want (?:an|any|a) (?:answer|reply|response|acknowledge?ment)   # "don't want an answer"
        # we would rather not have an answer
        (?:rather|sooner|prefer) (?:you )?(?:not|did not|didn'?t) (?:to )?(?:have|get|receive|send),? (?:me )?<an \
            answer>
        """,
        r"""
        anything back (?:from|yet)
        (?:they|staff|he|she|manager|council|office|home|school|who) (?:do not|don'?t|dont|did ?n'?t|never)
        (?:had|got|received|been|was|there'?s|still) (?:no|nothing)
        to (?:the|them|his|my) (?:home|school|house|manager|parents)
        send nothing (?:to|with) (?:the|him|her|them)
        """,
    ),
    said(
        "no-point-replying",
        r"""
        no (?:point|use|sense|good)(?: in)?(?: you)? <reply>   # "no point replying"
        # by then it is gone
        <address> (?:dies|ends|closes|goes|will (?:be gone|close|die|go)|is (?:single|one)[- ](?:use|time))
        (?:i|we)(?: will|'?ll| am|'?m)? (?:be )?(?:clos|delet|binn|kill)ing <address>   # "I am closing this address"
        # "I won't be looking at this account again"
        (?:won'?t|wont|will not|shan'?t|shall not|cannot|can'?t|not|never)(?: be)?(?: able to)? (?:look(?:ing)? at|\
            check(?:ing)?|open(?:ing)?|read(?:ing)?|see(?:ing)?|us(?:e|ing)) (?:<address>|this|it|here) (?:again|\
            any ?more|after)
        """,
        r"""
        until|till\b
        for a (?:week|month|few)
        """,
    ),
    said(
        "kinder-not-to",
        r"""
        # it would be kind of you not to answer
        (?:kind(?:er)?|better|best|safer|safest|wiser|easier|obliged|grateful|ask|beg|prefer|rather|trouble)(?: \
            it)?(?: of you| if you| for you| you| that you)? (?:to )?(?:not|did not|didn'?t|do not|don'?t|would not|\
            wouldn'?t|never) (?:to )?(?:\w+ )?<reply>
        # "this needs no reply"
        (?:needs?|requires?|expects?|wants?|calls for) no (?:reply|answer|response|acknowledge?ment)
        <not> use (?:this|my) (?:\w+ )?(?:e-?mail|address|account|inbox)   # "don't use this address"
        # "don't answer on here"
        <not> <reply>(?: \w+)? (?:to|at|on|via|through|using) (?:this|here|my)\b(?! (?:questions?|complaints?|\
            letters?|concerns?|son|daughter|messages?|request))
        # "ring, don't email"
        (?:ring|phone|call|text|visit|come)\b.{0,25}\b(?:do not|don'?t|dont|not|rather than|instead of|never) (?:by \
            )?(?:an )?e-?mail
        (?:not|never|rather than|instead of) by e-?mail   # "not by email"
        (?:no|not any) e-?mails?,? (?:please|pls|to this|back|here|ta)   # "no emails please"
        # "please don't acknowledge this"
        (?:please |pls |do )?<not> (?:to )?acknowledge (?:this|it|me|receipt|my e-?mail)
        # "no acknowledgement please"
        (?:no|not an?) acknowledge?ment(?: please| needed| required| by e-?mail| to this)
        <not> (?:make|attempt|try to make) (?:any )?contact(?: with me)? ?(?:$|[.,;!])   # "do not make contact"
        # "don't get back to me"
        <not> (?:try to |attempt to )?(?:get (?:back )?(?:to|hold of|in touch with)|reach|come back to|message|text|\
            call) me\b(?! (?:until|before|after|at work|a |the ))
        # "I won't see a reply"
        (?:won'?t|wont|will not|shan'?t|cannot|can'?t) (?:be able to )?(?:see|get|receive|read|pick up|open) (?:a|\
            any|your|the)? ?(?:repl\w+|answers?|response|e-?mails?)(?! from)
        # "can't be reached here"
        (?:won'?t|wont|will not|cannot|can'?t|not) (?:be )?(?:reach|reached|contacted|safe) (?:me )?(?:here|at this|\
            on this|by e-?mail|by reply)
        not even (?:a|an|to) (?:acknowledge?ment|thank|reply|answer|automatic)   # "not even an acknowledgement"
        """,
        r"""
        (?:they|staff|he|she|manager|council|office|home|school|we|who)(?: \w+)? (?:do not|don'?t|dont|did ?n'?t|\
            never|would not|wouldn'?t|not)
        until|hesitate
        (?:prefer|rather|only) (?:by |use )?e-?mail
        (?:told|asked|tell|telling) (?:me|us|staff|her|him|them)
        """,
    ),
    said(
        "cymraeg-dim-ateb-chwaith",
        r"""
        # do not write back
        (?:peidiwch|peidwch|paid) (?:â |a |ag )?(?:thrafferthu|hala|anfon|danfon|sgwennu|ysgrifennu|ateb|e-?bostio|\
            gyrru)(?:'n ôl| ateb| yn ôl| dim| unrhyw| nôl|\s*$|[.,!])
        (?:dim|sdim) (?:angen )?ateb,? <please>   # no answer, please
        # I shall not open this address again
        (?:fydda|fyddaf) i ddim yn (?:agor|sbio ar|darllen|edrych ar|defnyddio) y (?:cyfeiriad|cyfrif|e-?bost)
        """,
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
        rf"not|not to|must not|mustn'?t) (?:\w+ )?{_REPLY}"
        r"(?:(?: to| at| on| with| using| via| back| anything| me)* (?:me\b|this\b|back\b|here\b|by e-?mail|my "
        r"e-?mail|at all|it\b|anything|the e-?mail)|\s*(?:[.!?,;:)\n]|$|please|pls|thank|and\b|or\b|as\b|because|"
        r"cos\b|whatever|under))",
        r"must not get back|status: not|write it\b|standard (?:letter|reply)|automat\w+|unmonitored|"
        r"not monitored|no-?reply|do-?not-?reply|until|before (?:\w+day|\d)|between \d|after "
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
        r"write it\b|standard (?:letter|reply)|automat\w+|(?:they|staff|he|she|manager|council|office|home|"
        r"school|we|i|who|you|people|just|still|even|it) "
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
        r"(?:contacted|replied|e-?mailed)|(?:not to|(?:please|must) not) be contacted)",
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
        r"at y (?:cartref|cyngor|ysgol)",
    ),
    *NO_REPLY,
)

# ---- A mailbox that others read --------------------------------------------------------------------------------------

READ_BY_OTHERS: tuple[Phrase, ...] = (
    said(
        "others-get-in",
        r"""
        # "he has the login to my inbox"
        (?:has|have|knows?|got|with) (?:the |my |our )?(?:login|log-in|log in|password|access)(?: \w+){0,3}? (?:for|\
            to) (?:this|my|our) (?:\w+ )?(?:e-?mail|inbox|mail ?box|account|address|login|computer|laptop|phone|\
            tablet)?
        # "we all use this login"
        (?:we|they) all use (?:this|the same) (?:login|account|e-?mail|computer|laptop|tablet|address|phone)
        (?:saves?|saved|remembers?) (?:the|my|your|our) password   # the machine lets the next person in
        # "everyone sees my emails"
        every(?:one|body) (?:can )?(?:sees?|reads?) (?:my|our|the) (?:e-?mails?|messages|inbox)
        (?:'?s|is|are) in (?:it|this|here) as well as me   # they share the mailbox
        # "I share the tablet with my daughter"
        i ?(?:.{0,10}) share (?:it|this|the (?:\w+ )?(?:tablet|laptop|computer|phone|e-?mail|account)) with (?:my|\
            the|a|her|him|our)
        # "they look in our phones"
        (?:looks?|goes|look|go|check|checks) (?:in|at|through) (?:my|our) (?:phones?|tablets?|laptops?|inbox)
        # whoever sorts the laptops can read them
        (?:sorts?|looks after|runs?) the (?:laptops?|computers?|e-?mails?|tablets?)
        # "my nephew set it up and reads it"
        (?:set|sets) (?:it|this) up\b.{0,20}\b(?:reads?|sees?|opens?|checks?) (?:it|them|everything)
        # "IT read everything"
        (?:i\.?t\.?|work|they|the office|the company) (?:can )?(?:read|reads|see|sees) (?:everything|it all|all of \
            it)
        (?:comes?|pops?) up on the (?:\w+ )?(?:screen|telly|tv)   # "it comes up on the car screen"
        """,
        r"""
        (?:has|have|no|not|without) (?:no )?access to (?:the |my |our )?(?:file|record|child|son|daughter)\w*
        (?:children|girls|boys|residents|young people|kids|lads)'?s? (?:phones?|tablets?|laptops?|messages|e-?mails?)
        (?:who|you|someone|somebody) (?:\w+ )?(?:reads?|sees?) (?:my|our|the) (?:e-?mails?|messages)
        phone bill
        """,
    ),
    said(
        "reply-would-be-found",
        r"""
        # "anything you send is read"
        (?:anything|whatever|what|any reply|a reply|replies|e-?mails?|answers?) (?:that )?(?:you )?(?:send|comes?|\
            sent|write)(?: \w+){0,3}? (?:is|are|will be|would be|gets?|might be|may be) (?:read|seen|opened|checked|\
            found)
        # "it goes to the daughter's phone"
        (?:replies|notifications?|e-?mails?|messages|it|this|mail|inbox|account) (?:\w+ )?(?:goes|go|comes?|pops?|\
            forwards?|syncs?|is linked|are linked|linked|is synced|synced|is forwarded|are forwarded|shows?) (?:up |\
            through |straight |also |automatically )*(?:to|on|onto|with) (?:the|my|his|her|their|our|everyone'?s) \
            (?:\w+ )?(?:\w+'?s )?(?:phone|tablet|ipad|laptop|computer|watch|office|manager|boss|screen|telly|car)
        # "logged in on his phone"
        (?:logged|signed) in(?:to)? (?:on|to|here|at)\b.{0,25}\b(?:his|her|their|the|my) (?:\w+'?s )?(?:phone|\
            tablet|ipad|laptop|computer|office)
        # "not only me who reads it"
        (?:is not|isn'?t|not) (?:only|just) (?:me|mine|my)\b.{0,25}\b(?:reads?|sees?|e-?mail|account|inbox|address|\
            uses?)
        # "they archive our mail"
        (?:archives?|scans?|intercepts?|keeps?|vets?) (?:our|my|all|all our) (?:e-?mails?|mail|messages)
        # another holds it
        (?:(?:he|she|they|mum|dad) (?:has|have|holds?|took|takes?|keeps?) my (?:e-?mail|password|log-?in))
        """,
        r"""
        (?:children|girls|boys|residents|young people|kids|lads|their|his|her)'?s? (?:phones?|messages|e-?mails?) \
            (?:are|is|get|gets)
        police
        """,
    ),
    said(
        "cymraeg-maent-yn-edrych",
        r"""
        # looks at the tablet every morning
        (?:edrych|sbio|darllen|gweld) (?:ar )?(?:y |fy |'n |ein )?(?:tabled|tablet|ffôn|laptop|negeseuon|\
            e-?bost)\b.{0,30}\b(?:bob|pob|bore|nos|nhw)
        (?:tabled|tablet|laptop|cyfrifiadur)\b.{0,15}\byn y swyddfa   # the tablet is in the office
        """,
        r"""
        plant|fydda
        """,
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
        rf"){{0,3}}(?:reads?|sees?) (?:this|my)|bank account|phone bill|reads? (?:them|it)? ?and (?:does|"
        rf"ignores)|system",
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
        r"\bthere(?:'?s| is| was) a shared|(?:monitored|checked|read) (?:monday|mon|daily|between|from|during|\d)|"
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
        r"plant|fyddaf",
    ),
    *READ_BY_OTHERS,
)

# ---- A letter --------------------------------------------------------------------------------------------------------

BY_POST: tuple[Phrase, ...] = (
    said(
        "a-letter-to",
        r"""
        # "please write to me at"
        (?:^|[.!?,;:] ?|please |kindly |just |so |could you |can you |would you )write to (?:me|us|her|him)\b(?: at|\
             by| not|:|,| and| c/o| care)
        # "a line to 3 Hope Street will reach me"
        (?:a|your) (?:line|note|card|letter|answer)(?: in answer| in reply)?,?(?: please,?)? to\b.{3,120}\b(?:reach|\
            find|best|do|suit|[a-z]{1,2}\d)
        # "a letter rather than an email"
        (?:letter|post|paper|envelope|card|note) ?(?:rather than|instead of|and not|not|but not|,) (?:an |by \
            )?(?:the )?e-?mail
        posted,? (?:and |but )?not e-?mailed   # "posted and not emailed"
        not (?:by )?e-?mail(?:ed)? but (?:by )?(?:post|letter)   # "not by email but by post"
        # "acknowledge by post"
        (?:acknowledge|reply|confirm|answer|respond)\b.{0,20}\bby (?:first[- ]class |second[- ]class )?(?:post|\
            letter)
        # "your reply must be by first-class post"
        (?:reply|answer|letter)\b.{0,20}\bby (?:first|second)[- ]class post
        (?:send|post|reply|write)(?: it| them| anything)? to: ?(?:mr|mrs|ms|miss|dr|flat|c/o|\d)   # "send to: Mrs"
        in an envelope   # send it in an envelope to my nan
        (?:stick|put|pop|drop) (?:it|your|a|the|something|anything)\b.{0,30}\bin the post   # "stick it in the post"
        # "any answer goes to my dad's"
        (?:answer|reply|letter|anything)\b.{0,20}\b(?:it )?(?:goes|can go|should go|go|send it) to my \w+'?s
        an answer on paper   # as it says
        by return of post|return post   # in the old way
        # "the address is below for a letter"
        (?:address|details) (?:is |are )?(?:below|above|overleaf|at the (?:top|bottom|end|foot))\b.{0,40}\b(?:post|\
            letter|write|reply|not e-?mail)
        # "write to the address above"
        (?:post|letter|write|reply|answer)\b.{0,40}\b(?:address|one) (?:is |are )?(?:below|above|overleaf|at the \
            (?:top|bottom|end|foot))
        # "letters will reach me"
        (?:letters?|post|a note|anything) (?:will |would |should |does |still )?(?:reach|find|get to|gets to|finds|\
            reaches) (?:me|us|her|him)
        # "I don't use email, so a letter"
        (?:not|never|n'?t) (?:on|do|use|hold with|trust|got|have)(?: the| an)? (?:e-?mail|internet|\
            computer)s?\b.{0,80}\b(?:post|letter|write|paper|address|lane|road|street)
        (?:rather|prefer|sooner) (?:that )?you (?:wrote|posted|sent a letter)   # "rather you wrote"
        # "send it to my nan's"
        (?:post|send|drop|pop) (?:it|something|anything|your \w+|a \w+) (?:round |over )?to (?:my|the) (?:\w+'?s|\
            house|flat|home|address|mum|mother|sister|nan)
        """,
        r"""
        (?:wrote|written|sent|posted|received|got|had|gave) (?:a|the|your|my|us|me|him|her) (?:letter|card|note)
        (?:do not|don'?t|dont|never|not) (?:write|send|post|put)
        (?:told|asked) (?:me|us|her|him) (?:to|for)
        (?:letter|card|note) (?:from|of|in the post from)
        e-?mail (?:is|me) (?:fine|best|better|instead)
        """,
    ),
    said(
        "answer-on-paper",
        r"""
        # "reply to me by post"
        (?:repl(?:y|ies|ying)|answer(?:s|ing)?|respon(?:d|se)|acknowledg\w+|get back|correspond(?:ence)?|hear back|\
            write back|writing back|contact|send)\b.{0,60}\b(?:(?:by|through|via|in) (?:the |a )?(?:\w+ )?(?:post|\
            letter|snail mail)|on paper|to (?:my|our|the) (?:postal|home) address)
        # "a letter would be better"
        (?:letters?|post|paper)\b.{0,40}\b(?:prefer\w*|better|best|easier|safer|safest|only|suits?|please|rather \
            than|instead)
        # "should prefer a letter"
        (?:prefer\w*|rather have|sooner have|like|want|would be|need) (?:a |an |the |your )?(?:\w+ )?(?:letter|post|\
            paper reply|reply on paper)\b
        send (?:me |us )?(?:a |the |your |something |it )?(?:\w+ )?(?:letter|post|paper)   # "please send a letter"
        c/o (?:the |my |mrs? |ms )?[a-z]   # a letter by another's hand
        """,
        r"""
        (?:wrote|written|sent|posted|received|got|had|gave|was|were|has|have|came)\b.{0,30}\b(?:letters?|post|paper)
        (?:do not|don'?t|dont|never|not|no|nor)\b.{0,40}\b(?:letters?|post|paper)\b(?!.{0,30}(?:e-?mail))
        (?:letters?|post|paper)\b.{0,25}\b(?:from|of|was|were|came|said|says)
        (?:post|position|job|vacancy|head|manager|deputy|teacher|paper(?:work|s)?|newspaper) (?:of|as|is|was|in)\b
        (?:they|he|she|staff|council|home|school|agency|manager)(?: \w+)? (?:send|sends|sent|reply|replied|answer|\
            answered|respond|responded)
        or (?:by )?e-?mail|whichever
        standard letter|e-?mail (?:is|me) (?:fine|best|better|instead)
        """,
    ),
    said(
        "cymraeg-llythyr",
        r"""
        # send a letter
        (?:gyrrwch|anfonwch|danfonwch|hala|halwch|sgwennwch|ysgrifennwch) (?:\w+ ){0,2}(?:lythyr|llythyr|at)\b
        llythyr i (?:dŷ|fy|'?n|nain|mam|gartref)\b   # a letter to my house
        """,
        r"""
        (?:ges|gefais|cefais|ces|anfonais|gyrrais) i
        """,
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
        r"mail)\b|a (?:proper |paper |real )?letter\b|on paper\b|write to me\b|(?:to|at|c/o|care of) (?:(?:the|my) "
        r"(?:\w+ )?address|my (?:\w+ )?(?:home|house|flat))\b|post (?:it|me|something|anything|a letter)\b|"
        r"by snail mail)|"
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
        r"must write|sent (?:him|her|me|us|them|my \w+) a|(?:ges|cefais|gefais|ces) i|reference letter|"
        r"this letter|open letter|letters? (?:from|of|"
        r"to (?:the|them|his|her|my (?:son|daughter)))|"
        r"appeal",
    ),
    *BY_POST,
)

ENVELOPE: tuple[Phrase, ...] = (
    said(
        "address-for-a-letter",
        r"""
        letters?   # as it says
        (?:post|posted|postal)(?! (?:office|code|of|as))   # not a post that somebody holds
        on paper|paper (?:letter|copy|reply)   # as it says
        in writing   # as it says
        envelopes?|stamps?|stamped   # as it says
        a (?:line|note|card) to   # "a line to"
        (?:first|second)[- ]class   # how it is to be posted
        c/o|care of   # by another's hand
        (?:write|reply|answer|send|respond)(?:ing|s|ies)?\b(?: \w+){0,6}? (?:to|at)   # "write to us at"
        (?:reach|find|get|contact)(?:es|s)? (?:me|us|her|him)\b(?: \w+){0,3}? at   # "you can reach me at"
        # where they are to be found
        (?:i'?m|i am|i live|we are|we live|we'?re|my address|our address|address)(?: is| will be)?(?: staying)?(?: \
            at)?:?\s*(?=(?:flat |c/o |\d|the ))
        # they do not use email
        (?:no|not|never|n'?t|hardly|rarely|seldom|once a)\b.{0,25}\b(?:e-?mails?|computers?|internet|online|\
            screens?|on-?line)
        # somebody else's
        (?:my|our|the|a) \w+(?:'s)? (?:\w+ )?(?:e-?mail|computer|account|laptop|tablet|machine|typing|types?)
        """,
        r"""
        (?:his|her|their) (?:address|letters?)
        (?:home|nursery|house|school|agency|office|company|office) is (?:at|unit)
        old address
        # what somebody once wrote
        (?:wrote|written|writing|got|had|received|sent|gave|given|came|read|signed)\b.{0,30}\b(?:letters?|post|card|note|paper)
        (?:letters?|post|card|note)\b.{0,15}\b(?:came|was|were|said|says|saying|arrived|from|about)
        """,
    ),
)
"""What stands before an address that a letter is to go to."""

# ---- A name withheld -------------------------------------------------------------------------------------------------

NAME_NOT_GIVEN: tuple[Phrase, ...] = (
    said(
        "not-signing",
        r"""
        # "not signing this"
        (?:not|won'?t|wont|cnt|can'?t|cant|shan'?t|sooner not)(?: be)? (?:going to )?(?:sign|signing) (?:this|it)
        # "not leaving my name"
        (?:not|won'?t|wont|cnt|can'?t|cant|shan'?t) (?:be )?(?:giv|leav|put|say)(?:e|ing|ting)? (?:my|me|a|any) names?
        my name(?:'?s| is) not on (?:it|this)   # as it says
        my name i shall keep   # to myself
        (?:d?dim|sdim) (?:angen )?enw(?:'n)?\b   # no name
        (?:you )?(?:do not|don'?t|dont) need my name   # as it says
        put(?:ting)? (?:no|me) name to (?:it|this)   # "not putting me name to it"
        """,
        r"""
        (?:they|he|she|manager|staff|head|who|council|parents?) (?:would |will |could )?(?:not|\w*n'?t|wont|cannot)
        (?:told|asked|refus\w+|made) (?:me|us|him|her|them)? ?(?:not )?(?:to )?sign
        """,
    ),
)

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
    *NAME_NOT_GIVEN,
)
