"""What machines write: the phrases by which `mailbot.intake.automatic` knows them, a regular expression a line.

Capitals do not matter. A phrase that people also write stands only where a second sign is asked for beside it; the
names say which: ``..._BESIDE`` is what must stand beside, ``..._UNLESS`` what a person adds and a machine does not.
"""

from __future__ import annotations

ANSWERS = r"(?:re|aw|antw|sv|vs|ang|odp|res|rv|r|ref|ynt|yanıt|ateb|parthed|رد|回复|回覆|答复)\s?[:：]"
"""What mail programs put before the subject of an answer."""

TOLD_OF: dict[str, tuple[str, ...]] = {
    "English": (
        r"\b(?:he|she|him|his|her|himself|herself)\b(?! majesty)|\b(?:nobody|no one)\b(?! (?:has |will )?reads?\b)|\b(?:bruis\w+|slapped|punched|screaming|crying|locked (?:in|out|up)|(?:was|were|been) (?:hit|hurt|touched))\b",
        r"\b(?:my|our) (?:son|daughter|child|children|boys?|girls?|lads?|kids?|grand\w+|nephew|niece|brother|sister|mum|dad|foster \w+)\b",
    ),
    "Welsh": (r"\bfy (?:mab|merch|mhlentyn|mhlant|ŵyr|wyres|mrawd|chwaer)\b",),
    "other languages": (
        r"\b(?:mój syn|mojego syna|moja córka|moje dziecko|fiul meu|fiica mea|copilul meu|mon fils|ma fille|mein sohn|meine tochter)\b",
        r"\b(?:mi hij[oa]|mio figlio|mia figlia|meu filho|minha filha|oğlum|kızım|wiilkayga|gabadhayda|мій син|моя до[чн]ька|мой сын|моя дочь)\b",
        r"ابني|ابنتي|بیٹا|بیٹی|ਪੁੱਤਰ|ਮੇਰੀ ਧੀ|আমার (?:ছেলে|মেয়ে)|我的?(?:儿子|女儿|孩子)",
    ),
}
"""Those of whom people tell. Machines speak of the reader, of messages and of themselves."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    "automatic replies": (
        r"auto(?:matic(?:ally generated)?|mated|matisch[ea]?)?[-_ ]?(?:reply|response|answer|acknowledge?ment|message|e-?mail)"
        r"(?=\s*(?:[:\-–|(\[]|$|re\b|to\b|from \S+@))",
        r"auto-?(?:reply|respon[ds]e?r?)\b|auto: re:",
        r"(?:vacation|holiday|annual leave) (?:auto|reply|response|message)",
        r"(?:ateb|ymateb|neges) (?:awtomatig|otomatig)",
        r"(?:automatische|automatisierte) (?:antwort|nachricht)",
        r"(?:réponse|reponse|message) automatique",
        r"respuesta autom[aá]tica|risposta automatica|resposta autom[aàá]tica",
        r"odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowied[źz]",
        r"r[aă]spuns automat|automatisch antwoord|automatisk svar|autosvar|automaattinen vastaus|automatická odpov",
        r"automatikus v[aá]lasz|otomatik yan[ıi]t|автоответ|автоматический ответ|автоматична відповідь",
        r"automatinis atsakymas|automātiskā|αυτόματη απάντηση|رد تلقائي|الرد التلقائي|خودکار جواب",
        r"自动(?:回复|答复)|自動(?:返信|回覆|応答)|자동 ?회신|स्वचालित उत्तर|স্বয়ংক্রিয়|ਆਟੋਮੈਟਿਕ ਜਵਾਬ|jawaab otomaatig",
    ),
    "returned mail": (
        r"undeliverable(?: (?:mail|message))?\s*(?::|$)|undelivered mail returned to sender",
        r"returned mail: (?:see transcript|user unknown|host unknown|cannot send|deferred|over quota)",
        r"mail delivery failed(?:: returning message|\s*$)|delivery status notification",
        r"(?:delivery failure|unable to deliver (?:mail|message|your e-?mail)): ?\S+@",
    ),
    "receipts": (
        r"(?:return |read |delivery )receipt\s*(?:[:(\-–]|$)|disposition notification",
        r"lesebestätigung|accusé de (?:lecture|réception)|confirmation de lecture|confirmación de lectura|conferma di lettura",
        r"leesbevestiging|potwierdzenie (?:odczytu|przeczytania)|confirmação de leitura|cadarnhad darllen",
    ),
    "programs": (
        r"\[(?:jira|github|gitlab|confluence)\]|cron <|\[?cron\]?:|logwatch|loop alert",
        r"spam (?:report|digest|summary|notification)\s*(?:[:(\-–]|$|for)|quarantine (?:summary|report|notification)",
    ),
    "confirmations": (
        r"va[šs]e .{0,20}(?:zpr[aá]va|e-?mail|žádost) byla? (?:převzat|přijat|doručen|zaregistrov)",
        r"(?:ihre (?:nachricht|anfrage|e-?mail)) ist (?:bei uns )?eingegangen|votre (?:message|demande|courriel) a bien été (?:reçue?|enregistrée?)",
        r"(?:su|tu) (?:mensaje|consulta|solicitud|correo) ha sido (?:recibid|registrad)",
    ),
    "handouts": (
        r"(?:press release|pressemitteilung|communiqué de presse|comunicado de prensa|comunicato stampa|persbericht|"
        r"datganiad i'r wasg)\s*[:\-–|]",
    ),
}
"""How the subjects of machines begin, by what they are for. Nobody else begins so, save in an answer."""

AWAY_SUBJECTS: tuple[str, ...] = (
    r"out of (?:the )?office(?! hours)(?=\s*(?:[:\-–|(\[,.!]|$|re(?:ply)?\b|auto|message|notification|alert|until|from|to|today|till))",
    r"(?:away|absent) from (?:the )?(?:office|my (?:e-?mail|desk))(?=\s*(?:[:\-–(\[]|$|until|from|till))",
    r"(?:allan|y tu allan|i ffwrdd) (?:o'?r?|i'r) ?swyddfa",
    r"abwesenheits?(?:notiz|nachricht|meldung|assistent)|nicht im (?:büro|hause?)\s*(?:[:\-–(\[]|$|bis|vom)",
    r"absence du bureau|absente?(?:\(e\))? du bureau|message d'absence",
    r"fuera de la oficina|fuori (?:sede|ufficio)|fora do escrit[oó]rio|ausência do escritório",
    r"poza biurem|niet op kantoor|(?:nieobecno[śs][ćc]|afwezig(?:heid)?|frånvaro|fravær)\s*(?:[:\-–(\[]|$)",
)
"""How the subjects of away messages begin; such a message is brief."""

UNDELIVERED_SUBJECTS: tuple[str, ...] = (
    r"undeliver(?:able|ed)\b|nondeliverable|non-?delivery|(?:mail|message) (?:delivery|system)\b|mail error",
    r"returned mail|failure notice|mail failed|(?:permanent )?delivery (?:failure|has failed|failed|delayed|incomplete|problems?)",
    r"(?:e-?mail )?delivery (?:error|notification|receipt|report)|address not found|user unknown|(?:mail|message|mailbox) quota",
    r"(?:could ?n[o']t|could not|unable to) (?:be )?deliver(?:ed)?\b",
    r"(?:the |your )?(?:message|mail|e-?mail)\b.{0,60} (?:could not be|couldn't be|not|was|has been|is|have been)? ?"
    r"(?:delivered|delayed|undeliverable|rejected|blocked|refused|held)",
    r"(?:rejected|blocked|held|stopped) (?:mail|message|e-?mail)|rejected:|message hold",
    r"warning: (?:could not send|message .{0,40}delayed)|postmaster (?:notify|notification)",
    r"unzustellbar|nicht zustellbar|zustellung (?:fehlgeschlagen|nicht)|mail ?zustellung|ihre (?:nachricht|e-?mail) konnte nicht",
    r"[ée]chec de (?:la )?(?:remise|distribution)|non remis|non[- ]distribu|message non",
    r"no se puede entregar|(?:correo|mensaje) (?:devuelto|no entregado)|no entregado|mancat[ao] (?:consegna|recapito)|impossibile (?:recapitare|consegnare)",
    r"onbestelbaar|niet bezorgd|nie (?:można )?dostarczon|niedostarczon|zwrot poczty|não (?:foi )?entreg|(?:aviso de )?falha na entrega",
    r"(?:ni )?d?danfonwyd|ddim (?:wedi'i )?(?:ddanfon|anfon|ddosbarthu)|methu (?:â )?(?:danfon|dosbarthu|anfon)",
    r"配信(?:不能|エラー)|配達(?:不能|できません)|メールを送信できません|退信|недоставлен|nepristatyt",
)
"""How the subjects of reports of delivery begin. People write of letters too: words of refusal must stand in the text."""

CONFIRMATION_SUBJECTS: tuple[str, ...] = (
    r"\[ticket ?#|ticket (?:received|created)\s*(?:[:#\-]|$)",
    r"we(?:'ve| have) received your (?:e-?mail|message|request|enquiry|form)\b",
    r"your (?:e-?mail|message|ticket|case|request|enquiry|support request)(?: #?\S+)? (?:has been|was) (?:received|logged|created|registered)"
    r"\s*(?:[:.!|(\[\-–]|$)",
    r"(?:please )?confirm (?:your (?:e-?mail|message|subscription|registration)|that you are (?:a )?human)",
    r"message pending|challenge.{0,20}response|(?:please )?verify your (?:e-?mail|message)",
    r"your (?:booking|appointment|reservation|order) (?:is|has been) confirmed",
    r"eingangsbestätigung|ihre (?:nachricht|anfrage|e-?mail|mitteilung) (?:ist|wurde)\b",
    r"(?:nous avons (?:bien )?reçu )?votre (?:message|demande|courriel|e-?mail) (?:a (?:bien )?été|est en attente)|demande d'authentification",
    r"hemos recibido su|(?:su|tu) (?:mensaje|consulta|solicitud|correo) ha sido",
    r"(?:abbiamo ricevuto )?la (?:sua|tua) (?:richiesta|e-?mail|segnalazione) è stata|(?:a )?sua mensagem foi",
    r"potwierdzenie (?:otrzymania|przyjęcia|rejestracji)|otrzymaliśmy|uw (?:bericht|aanvraag|e-?mail) (?:is|werd)",
    r"va[šs]e? .{0,20}(?:zpr[aá]va|e-?mail|žádost) byl|am primit|mesajul dumneavoastr|mesajınız|e-?postanız",
    r"cydnabod(?:iaeth)? (?:eich|derbyn)|derbyniwyd eich|(?:rydym )?wedi (?:derbyn|cael) eich",
)
"""How the subjects of confirmations begin; `CONFIRMED_BESIDE` must stand in the text."""

WATCHER_SUBJECTS: tuple[str, ...] = (
    r"backup (?:job|report|completed|failed|successful)|daily digest|delivery summary",
    r"virus (?:alert|notification|warning)\s*(?:[:(\-–]|$)|virus (?:found|detected) in (?:a |the |your )?(?:mail|message|e-?mail|file)",
)
"""How the subjects of programs that watch begin; people write of viruses and keep digests: `WATCHED` must be said."""

WATCHED: tuple[str, ...] = (
    r"automat(?:ed|ic|ically)|do not reply|(?:attachment|message|mail|e-?mail|file)s? (?:was|were|has been|have been) "
    r"(?:blocked|quarantined|removed|deleted|scanned|stopped)",
    r"infected (?:file|attachment|message)|scann(?:er|ed) (?:by|engine)|unsubscribe|\bjob(?: name| status)?: |exit (?:code|status)|next run",
)

RECEIPT_SUBJECTS: tuple[str, ...] = (
    r"(?:not )?read:|(?:not )?gelesen:|(?:non )?lu\s?:|leído:|letto:|lido:|gelezen:|przeczytano:|čteno:|läst:|darllenwyd:",
    r"delivered:|relayed:|recall:",
)
RECEIPT_WORDS: tuple[str, ...] = (
    r"^\s*(?:was read on|was displayed|was deleted without being read|has been (?:successfully )?delivered|was relayed)",
    r"^.{0,80} would like to recall|^\s*(?:wurde (?:am|gelesen)|a été (?:lu|affiché|supprimé)|został\w* (?:odczytan|przeczytan))",
    r"^\s*your message\s+(?:to:|was read|to .{1,200}?(?:was read on|was deleted without being read|was displayed))|^\s*to:.{0,200}\bsubject:",
    r"^\s*(?:ihre nachricht|votre message|su mensaje|il (?:suo |tuo )?messaggio|uw bericht|twoja wiadomość)\s*\n\s*\w{1,12}\s?:",
    r"^\s*darllenwyd eich neges\s*$",
)
"""A receipt's subject is a single word and a colon, which people write too: its text must be a receipt's as well."""

CALENDAR_SUBJECT = (
    r"(?:invitation|accepted|declined|tentative(?:ly accepted)?|cancell?ed|updated invitation|derbyniwyd|gwrthodwyd|"
    r"zugesagt|abgesagt|accepté|refusé|angenommen|abgelehnt|aceptado|rechazado)\s?: .*"
)
CALENDAR_WORDS: tuple[str, ...] = (
    r"\b(?:meeting|event|invitation|appointment|calendar|microsoft teams|zoom)\b",
    r"\b(?:termin|besprechung|réunion|invitation|reunión|riunione|spotkanie|cyfarfod|vergadering)\b",
)
CALENDAR_ANSWERED = r"has (?:tentatively )?(?:accepted|declined) (?:this|your) invitation"
"""What a calendar says of itself; whoever answers an invitation in words of their own is a person."""

SALUTATION = (
    r"hi|hello|hey|(?:dear|annwyl|sayın) (?:[\w .'-]{1,40}(?=[,!:;\n]|$)|\w+)|good (?:morning|afternoon|day)|greetings|sir/madam|all|helo|"
    r"bore da|prynhawn da|witam|dzień dobry|bonjour|guten tag|hallo|hola|buongiorno|olá|bună ziua|merhaba|salve|"
    r"sehr geehrte[^,\n]{0,40}|laba diena|السلام عليكم|您好|你好"
)
_MESSAGE = r"(?:e-?mail|message|enquiry|query|request|contact|submission|correspondence)"
THANKS = (
    rf"(?:many )?(?:thank you|thanks)(?: very much)? for (?:your|the|this) (?:recent )?{_MESSAGE}\b[^.,!\n]{{0,60}}|"
    r"(?:many )?(?:thank you|thanks)(?: very much)? for (?:e-?mailing|contacting|getting in touch(?: with)?|writing to)[^.!\n]{0,60}|"
    r"diolch(?: yn fawr)? am (?:eich|gysylltu â|e-bostio)[^.!\n]{0,60}|"
    r"(?:vielen |herzlichen )?dank für ihre[^.!\n]{0,60}|merci (?:de|pour) (?:votre|vos)[^.!\n]{0,60}|gracias por (?:su|ponerse|contactar)[^.!\n]{0,60}|"
    r"grazie per (?:il suo|la sua|averci)[^.!\n]{0,60}|obrigad[oa] pel[oa][^.!\n]{0,60}|bedankt voor uw[^.!\n]{0,60}|dziękuj(?:ę|emy) za[^.!\n]{0,60}|"
    r"(?:vă )?mulțumi(?:m|esc) pentru[^.!\n]{0,60}|дякуємо за[^.!\n]{0,60}|спасибо за[^.!\n]{0,60}|شكرا\S? ل\S{0,30}|waad ku mahadsan tahay[^.!\n]{0,60}|"
    r"teşekkür ederiz"
)
"""Thanks for a message, which answers begin with."""

GREETING = rf"(?:{SALUTATION}|{THANKS}|(?:many )?(?:thank you|thanks|diolch)(?: (?:very much|yn fawr))?)(?!\w)"
"""What may stand before the sentence that tells."""

MACHINE_OPENINGS: tuple[str, ...] = (
    r"(?:please note )?(?:that )?this (?:is|was) an? (?:unattended|automat(?:ed|ic)|auto-?(?:generated|reply|response))(?! \w+ (?:i|we|they|which|that)\b)",
    r"(?:\[|\*+)?automat(?:ed|ic)(?:ally generated)? (?:reply|response|acknowledge?ment|message)",
    r"this (?:message|report|e-?mail|mail|notification) (?:was|is|has been) (?:created|generated|sent) automatically",
    r"(?:mae hwn yn|dyma|ymateb|ateb|neges) (?:ateb |ymateb |neges )?(?:awtomatig|otomatig)",
    r"mae hon yn neges (?:awtomatig|otomatig)|cafodd yr e-?bost hwn ei gynhyrchu",
    r"(?:dies|das) ist eine automati|diese e-?mail wurde automatisch|ceci est (?:un message|une réponse) automati",
    r"(?:este|esta) es un[ao]? (?:mensaje|respuesta) autom|questo (?:è un )?messaggio (?:automatico|è stato generato autom)",
    r"(?:esta é uma|este é um[a]?) (?:resposta|mensagem) autom",
    r"to jest (?:wiadomość|odpowiedź) (?:wygenerowana )?automat|to jest automatyczna|(?:wiadomość|odpowiedź) (?:wygenerowana )?automatyczn",
    r"acesta este un (?:mesaj|răspuns) automat|dit is een automatisch|это (?:письмо создано )?автоматич|це автоматичн|bu otomatik",
    r"هذا (?:رد|رسالة) (?:تلقائي|آلي)",
    r"this is the (?:mail system|postfix|qmail|exim|mail delivery|.{1,40}mail(?:er)? (?:daemon|program|server|system))",
    r"hi\. this is the qmail|ici le programme qmail|este es el sistema de correo",
    r"the (?:message|e-?mail) you sent requires that you verify|votre (?:courriel|message|e-?mail) est en attente",
)
"""Openings that only machines write."""

MACHINE_LINES: tuple[str, ...] = (
    r"your (?:e-?mail|message|enquiry|request|query|submission|application) (?:has been|was) (?:logged|created|registered|generated) automatically",
    r"this (?:message|e-?mail|reply|notification|report) (?:has been|was|is) (?:automatically )?(?:generated|created|sent) (?:automatically|by (?:a|the|an) (?:computer|machine|system|server))",
    r"\(?i am an? (?:script|robot|computer program|machine)[.)]",
)
"""Lines that only machines write, wherever they stand in a brief message."""

MACHINE_ENDINGS: tuple[str, ...] = (
    r"this is an automat(?:ed|ic) (?:e-?mail|message|reply|response|notification)[,.;:]? (?:please )?do(?: not|n't) reply(?: to (?:it|this[\w -]{0,20}))?",
    r"bu mesaj otomatik olarak gönderilmiştir[^.\n]{0,60}|(?:dies|das) ist eine automatisch (?:erzeugte|erstellte|generierte) (?:nachricht|e-?mail)[^.\n]{0,60}",
    r"neges awtomatig yw hon|se ha enviado de forma automática|ce message a été envoyé automatiquement[^.\n]{0,60}",
)
"""How machines' messages end; people who quote such a sentence go on."""

HELD_OPENINGS: tuple[str, ...] = (
    r"(?:the|an?|your) (?:e-?mail|message|mail)(?: (?:that )?you sent)?(?: to \S{1,80})?[^.\n]{0,200}? (?:has been|was|is being) "
    r"(?:quarantined|held|placed on hold|blocked|stopped|put into quarantine)",
    r"(?:the|your) (?:e-?mail )?(?:account|mailbox)\b[^.\n]{0,80}? (?:has reached|is (?:almost |nearly )?full|has exceeded|is over)",
)
HELD_BESIDE: tuple[str, ...] = (
    r"gateway|firewall|filter|polic(?:y|ies)|administrator|released?\b|disk|quota|\d ?(?:mb|gb|%)|do not reply",
)
"""How a gateway says that it holds a message back, and a server that a mailbox fills up; and what must stand beside."""

DELIVERY_OPENINGS: tuple[str, ...] = (
    r"(?:your|the) (?:message|mail|e-?mail)(?: to .{1,80})? (?:could not be|couldn't be|was not|wasn't|has not been|"
    r"hasn't been|cannot be) (?:delivered|sent)|message delivery failed",
    r"delivery (?:has failed|to the following|of your message)",
    r"sorry(?:, we were| we were|, your|,? i (?:was|wasn't)) ?.{0,20}(?:unable|not able|couldn't|able) to (?:be )?deliver",
    r"error: ?(?:invalid user|user unknown|recipient)|unknown user|no such user",
    r"the (?:following|original) (?:message|addresses|recipients?|e-?mail)[^.\n]{0,60}(?:undeliver|fail|permanent|rejected|"
    r"was received at|not (?:be )?deliver|had)",
    r"(?:i'm|i am|we're|we are) (?:afraid|sorry)[^.\n]{0,80}(?:wasn't able|not able|unable|could not) to deliver",
    r"(?:a message that you sent|the message you sent|your message did not reach|unable to deliver|failed to deliver|"
    r"(?:we )?could not deliver) ",
)
"""How reports of delivery open; an address that failed, or a server's code, must be named."""

NOT_DELIVERED: dict[str, tuple[str, ...]] = {
    "English": (
        r"(?:could|can)(?:not| not|n't) be (?:delivered|sent|forwarded|reached)|(?:was|has|had|have)(?: not|n't) (?:been )?(?:successfully )?delivered",
        r"\bnot delivered\b|undeliverable|undelivered|(?:could not|couldn't|unable to|not able to|failed to|wasn't able to) deliver\b",
        r"delivery (?:has |of the e-?mail was )?(?:failed|failure|stopped)|delivery to the following recipients? failed|returned to (?:the )?sender",
        r"did not reach|permanent(?:ly)? (?:fatal |delivery )?(?:error|fail|delivery error)|fatal (?:delivery )?errors?|delivery problems",
        r"(?:message|mail|e-?mail) (?:was |has been |is )?(?:automatically )?(?:rejected|refused|blocked|discarded)|(?:automatically|been) (?:rejected|refused)",
        r"(?:has stopped|stopped|blocked) the following message|mail was blocked|was blocked by|message discarded|no valid recipients",
        r"errors? (?:has )?occurred while (?:trying|attempting) to deliver",
        r"(?:user|recipient|address|mailbox|account)(?: name)? (?:is )?(?:not recognized|unknown|full|unavailable|disabled|not found|does not exist|"
        r"over quota|rejected)|(?:unknown|invalid) (?:user|recipient)|no such (?:local )?(?:user|mailbox|recipient|address)|address failure",
        r"mailbox (?:is )?full|over ?quota|quota exceeded|host (?:unknown|not found)|failed (?:recipient|addresses)|relay(?:ing)? (?:access )?denied",
    ),
    "Welsh": (r"ni fu modd (?:danfon|anfon)|ni ddanfonwyd|methwyd (?:â )?(?:danfon|anfon)",),
    "German": (r"nicht zugestellt|zustellung fehlgeschlagen|unzustellbar|nicht zustellbar",),
    "French": (
        r"n'a pas pu être (?:délivré|remis|distribué)|pas réussi à remettre|échec de (?:la )?(?:remise|distribution)|non remis",
    ),
    "Spanish, Portuguese, Italian": (
        r"no ha podido ser entregado|no se (?:pudo|puede|ha podido) entregar|no entregado",
        r"não p[ôo]de ser entregue|falha na entrega|não (?:foi )?entregue|non è stato possibile recapitare|impossibile (?:recapitare|consegnare)|mancat[ao] (?:recapito|consegna)",
    ),
    "Dutch, Polish": (
        r"kon niet worden (?:bezorgd|afgeleverd)|niet aangekomen|onbestelbaar|niet bezorgd",
        r"nie mogła zostać dostarczona|nie została dostarczona|niedostarczon",
    ),
    "Russian, Ukrainian, Lithuanian": (
        r"не может быть доставлено|недоставлен|не доставлен|nepavyko pristatyti|nepristatyt",
    ),
    "Japanese, Chinese": (r"送信できませんでした|配信(?:不能|できません)|配達(?:不能|できません)|退信|无法投递",),
}
"""Words that say that a message reached nobody, by language."""

STILL_TRYING: tuple[str, ...] = (
    r"warning (?:message )?only|do not need to resend|will (?:be retried|retry|continue to (?:try|attempt)|keep trying|try again|be attempted)|still being retried",
    r"(?:has )?not yet been delivered|not been delivered yet|not delivered yet|delivery (?:attempts will continue|incomplete|is delayed)|delivery status notification \(delay|transient non-fatal",
    r"wird (?:weiter|erneut) versucht|nouvelle tentative|se seguirá intentando|wordt opnieuw geprobeerd",
)
"""Words of a warning that a message is late; it may still arrive."""

AWAY_OPENINGS: tuple[str, ...] = (
    r"(?:please note )?(?:that )?(?:i am|i'm|i will be|i shall be|we are|the office is|our office is|my office is) "
    r"(?:now |currently |presently |away and )?(?:out of (?:the |our )?office|"
    r"on (?:annual|maternity|paternity|parental|sick|study|adoption) leave|away from (?:my desk|the office|my e-?mail)|"
    r"not in the office|on leave (?:until|from|and)|out on leave|away (?:until|from) (?:the )?(?:\w+day|\d)|on holiday|"
    r"(?:currently )?closed (?:until|from|for))",
    r"(?:the |our )?(?:school|office|centre|surgery|nursery|practice) is (?:now )?closed (?:for|until|from|over)",
    r"i(?: have|'ve) (?:now )?(?:started|begun|gone on) (?:my )?(?:maternity|paternity|parental|adoption|annual|sick) leave",
    r"i (?:am|'m)? ?(?:no longer|have (?:now )?left|have (?:now )?retired)[^.]{0,40}(?:work|employ|in post|the (?:company|"
    r"council|trust|organisation|team|department))",
    r"i(?:'m| am) (?:unable to|not able to|not) (?:check|access|monitor|read)(?:ing)? (?:my )?e-?mails?",
    r"(?:rwyf|rydw i|dw i|yr wyf)(?: ar hyn o bryd| i)? (?:allan o'r swyddfa|ar (?:fy )?(?:wyliau|ngwyliau|absenoldeb|"
    r"gyfnod mamolaeth)|i ffwrdd o'r swyddfa)|mae'r (?:swyddfa|ysgol) ar gau",
    r"(?:ich bin|wir sind) (?:derzeit |zurzeit |momentan |aktuell |vom |bis )[^\n]{0,80}?(?:nicht (?:im (?:büro|hause)|"
    r"erreichbar|am platz)|außer haus|urlaub|abwesend)",
    r"je suis (?:actuellement )?(?:absente?|en congés?|en vacances|hors du bureau)",
    r"(?:actualmente )?(?:estoy|me encuentro|estaré) (?:fuera de la oficina|de vacaciones|ausente)",
    r"(?:sono|sarò) (?:attualmente )?(?:assente|fuori (?:sede|ufficio)|in ferie)",
    r"(?:estou|estarei|encontro-me) (?:atualmente )?(?:ausente|fora do escritório|de férias)",
    r"(?:w dniach [^.\n]{1,40} |od [^.\n]{1,40} |do [^.\n]{1,40} )?(?:jestem|przebywam|będę)[^.\n]{0,40}(?:na urlopie|nieobecn|poza biurem)",
    r"(?:sunt|voi fi|mă aflu)[^.\n]{0,30}(?:în concediu|plecat|absent)",
    r"ik ben (?:momenteel |op dit moment |tot )?[^.\n]{0,40}(?:afwezig|niet op kantoor|met vakantie|met verlof)",
    r"jag är (?:på semester|inte på kontoret|ledig|frånvarande)|jeg er (?:på ferie|ikke på kontoret|ute av kontoret|fraværende)",
    r"olen (?:lomalla|poissa)|(?:šiuo metu )?(?:esu )?atostogauju|(?:šiuo metu )?nesu biure",
    r"(?:я|мене) (?:сейчас |наразі |зараз )?(?:в отпуске|у відпустці|нет в офисе|не в офісі|нахожусь в отпуске|перебуваю у відпустці)",
    r"(?:şu anda |ofis )?(?:ofis dışındayım|izindeyim|yıllık izin)|أنا (?:حاليا |حالياً )?(?:خارج المكتب|في إجازة)",
    r"(?:میں|ਮੈਂ|আমি) .{0,40}(?:چھٹی|ਛੁੱਟੀ|ছুটি)|我(?:目前|正在|现在)?(?:不在办公室|休假)|(?:waxaan|hadda) .{0,30}(?:fasax)",
)
"""How replies of people who are away open. People write these sentences too: `AWAY_BESIDE` must follow, in few words."""

AWAY_BESIDE: tuple[str, ...] = (
    r"(?:urgent|emergency|immediate)[^.\n]{0,80}(?:contact|call|e-?mail|ring|speak|phone)",
    r"(?:contact|e-?mail|call|speak to|direct \w+ to) (?:my (?:colleague|manager|deputy)|the (?:duty|team|office|main)|our )",
    r"(?:i|we) (?:will|shall|'ll)(?: not)?(?: be able to| aim to)? (?:respond|reply|get back|deal with|answer|read|return)",
    r"(?:return|back) (?:to|in) (?:the office|work|my desk)|(?:on|upon) my return|in my absence,? (?:please|contact)",
    r"(?:limited|no|without|intermittent|little) (?:access to )?(?:e-?mails?|my e-?mail)|no access to",
    r"(?:not|won't|nor) (?:be )?(?:monitored|forwarded|checked|being (?:read|checked|monitored|forwarded))",
    r"e-?mails?(?: sent| received)?[^.\n]{0,40} will be (?:looked at|read|answered|picked up|dealt with|responded)",
    r"(?:back|returning|return) on \w+day|as soon as (?:i|possible)|please (?:e-?mail|contact|call|ring|forward|direct)\b(?! me).{0,60}(?:@|\d{4})",
    r"\w@[\w-]+\.[\w.-]+",
    r"(?:yn fy absenoldeb|ar fôl dychwelyd|pan fydda i'n ôl|byddaf yn (?:ateb|ymateb|dychwelyd|ôl)|cysylltwch â|brys)",
    r"(?:dringend|vertretung|zurück|urgence|absence|retour|urgente|ausencia|assenza|rientro|urgenz|regresso|ausência|piln|zastęp|"
    r"powrocie|powrót|urgent|urgenț|întoarc|dringende|terug|akut|tillbaka|tilbake|grįš|skub|срочн|вернусь|термінов|поверн|acil|dön|"
    r"عاجل|عودت|واپس|ਵਾਪਸ|ফির|紧急|回来|返回|degdeg|soo noqo)",
)
"""What such a reply says next, in answer to a message."""

AWAY_UNLESS: tuple[str, ...] = (
    r"\bbut\b(?! (?:i(?:'ll| will| shall| am| hope| aim)|we(?:'ll| will)|will|shall|am|please|if|for|my|our|the (?:team|office|duty)|e-?mails?)\b)",
    r"\b(?:this|it) (?:can't|cannot|can not|won't) wait|\bi (?:have|need|want|wanted) to (?:tell|report|notify|inform)|over 28 days|which form",
    r"(?<!urgent )(?<!urgent, )(?<!urgent please )(?<!urgent, please )\b(?:contact|call|ring|phone|text|reach|e-?mail) me\b",
    r"\b(?:ond|aber|mais|pero|però|mas|ale|maar|dar|але|но)\b (?!.{0,30}(?:@|\d{4}))",
)
"""What a person adds who writes that they are away: the reason why they write."""

LEFT_OPENINGS: tuple[str, ...] = (
    r"[^.\n]{2,60}? (?:no longer works|is no longer (?:employed|working|with|in post)|has (?:now )?(?:retired|left (?:the|our) (?:company|council|trust|organisation|team|charity)))",
    r"nid yw [^.\n]{2,60}? (?:bellach )?yn gweithio|mae [^.\n]{2,60}? wedi (?:gadael|ymddeol)",
    r"[^.\n]{2,60}? ist nicht mehr|[^.\n]{2,60}? (?:ne travaille plus|a quitté|ya no trabaja|non lavora più|já não trabalha|werkt niet meer|już nie pracuje|nie pracuje już)",
)
LEFT_BESIDE: tuple[str, ...] = (
    r"(?:your|this) (?:e-?mail|message) (?:has|have|will|is|was)(?: not|n't) (?:been |be |being )?(?:forwarded|read|delivered)",
    r"(?:this|the) (?:mailbox|inbox|address|e-?mail address|account) is (?:no longer|not) (?:monitored|in use|read|checked)",
    r"(?:adresse|postfach|e-?mail) wird nicht (?:mehr )?(?:gelesen|weitergeleitet)|nid yw'r cyfeiriad hwn",
)
"""How a mailbox says that its owner left: it names its own owner, or says what became of the message."""

RECEIPT_OPENINGS: tuple[str, ...] = (
    r"(?:your (?:[\w-]+ ){0,2}(?:e-?mail|message|enquiry|request|query|submission|correspondence|form)|this (?:e-?mail|message)|which)"
    r"(?: \([^)]{1,20}\))? (?:has been|was|is) (?:safely )?(?:received|logged|created|registered|allocated|delivered to)|it has been added to (?:your |the )?case",
    r"(?:we|our team)(?:'ve| have| has) (?:safely )?(?:received|got) your (?:e-?mail|message|enquiry|request|query|correspondence|application)|which (?:i|we) have received",
    r"we (?:aim|endeavour|will (?:aim|endeavour|try)) to (?:respond|reply|get back|answer)",
    r"(?:a member of (?:our|the) (?:team|staff)|some(?:one|body)(?: from our [\w ]{0,20}team)?|one of (?:our|the) team) will (?:be in touch|respond|reply|get back|contact|be back)",
    r"(?:this (?:inbox|mailbox|e-?mail address|address|account)|the (?:inbox|mailbox)) is (?:no longer|not|only )?\s*"
    r"(?:monitored|in use|attended|checked|staffed|looked at|read)",
    r"your (?:incident|ticket|call) has been (?:resolved|closed)",
    r"(?:rhif cyfeirnod|(?:your |our )?reference(?: number)?)[: ]+[\w/-]*\d[\w/-]*\.? +(?:we (?:will|aim)|byddwn)",
    r"(?:booking|appointment|reservation) confirmed|a ticket has been created",
    r"(?:rydym|rydyn ni) wedi (?:derbyn|cael) eich|derbyniwyd eich|mae eich (?:neges|e-?bost|ymholiad) wedi",
    r"wir haben ihre (?:nachricht|e-?mail|anfrage) erhalten|ihre (?:nachricht|e-?mail|anfrage) ist (?:bei uns )?eingegangen",
    r"nous avons bien reçu votre|votre (?:message|demande|courriel) a bien été|hemos recibido su|abbiamo ricevuto (?:la sua|il suo)|recebemos (?:a sua|o seu)",
    r"otrzymaliśmy (?:państwa|twoj|pana|pani)|wij hebben uw (?:bericht|e-?mail|aanvraag) ontvangen|am primit (?:mesajul|e-?mailul)",
    r"(?:e-?postanız|mesajınız)[^.\n]{0,30}(?:ulaşmıştır|alınmıştır|alındı)|ваш[еа]? (?:письмо|повідомлення|лист|сообщение) (?:получено|отримано)",
)
"""How confirmations of receipt open; people write these sentences too: `RECEIPT_BESIDE` must follow."""

_ANSWER = r"(?:respond|reply|get back|be in touch|contact|answer|deal|look|review|process|acknowledge)"
_WITHIN = (
    r"(?:as soon as|shortly|within|in due course|in (?:the )?order|\d+ (?:working |business |school )?(?:days?|hours?))"
)
RECEIPT_BESIDE: tuple[str, ...] = (
    rf"(?:we|i|team|staff|some(?:one|body)|colleagues?)(?:'ll| will| shall| aim to| endeavour to)[^.\n]{{0,20}}? {_ANSWER}\b[^.\n]{{0,80}}{_WITHIN}",
    r"(?:within|take|up to|in) \S{1,6} working (?:days?|hours?)|automat\w+|otomatig|(?:do|please do) not reply|we do not reply to every",
    r"\bunattended|not monitored|will not be read|(?:office|opening) hours|(?:between|from) [\d.:]{1,5} ?(?:am)? (?:and|to|until) [\d.:]{1,5} ?(?:pm)?|monday to (?:friday|sunday)",
    r"\b(?:your|the|our) (?:ticket |case |enquiry )?(?:reference|ticket) (?:number )?(?:is|:)|with the number \d|high volume|current waiting time",
    r"if your (?:enquiry|query|matter|request) is urgent|add to (?:your )?calendar|reschedule or cancel|inbox will be (?:off|closed)",
    r"diwrnod gwaith|cyn gynted|schnellstmöglich|so bald wie möglich|werktag|bearbeitungsnummer|dans les meilleurs délais|ne pas répondre|jours ouvrés",
    r"lo antes posible|no responda a este|quanto prima|non rispondere a quest|o mais breve|não responda|zo spoedig mogelijk|werkdagen",
    r"dni robocz|nie odpowiada[ćj] na|prosimy nie odpowiadać|zile lucrătoare|cât mai curând|iş günü|otomatik|рабочих дн|робочих дн",
)
"""What a machine says beside "we have received your message"."""

CONFIRMED_BESIDE: tuple[str, ...] = (
    r"(?:click|cliquant|clicking|follow) [^.\n]{0,40}(?:link|lien|button|below)|en cliquant|simply reply|empty message|has not been verified",
    r"a ticket has been created|(?:your|this) (?:request|message|e-?mail|case|ticket)(?: \(?[\w-]+\)?)? (?:has been|was|is) (?:received|registered|logged|being|created|held|closed)",
)
"""What a machine says beside "please confirm your message" or a ticket's number, or `RECEIPT_BESIDE`."""

REFUSED: tuple[str, ...] = (
    r"[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b|- ?requested|.{0,60}(?:user|mailbox|recipient|address|relay|quota|blocked|"
    r"rejected|unknown|denied))",
    r"(?:user|recipient|address|mailbox|account) (?:is )?(?:unknown|full|unavailable|disabled|not found|does not exist|"
    r"over quota|rejected)|no such (?:user|mailbox|recipient|address)",
    r"permanent(?:ly)? (?:fatal error|error|fail)|mailbox (?:is )?full|over ?quota|host (?:unknown|not found)",
    r"(?:could|can)(?:not| not|n't) be delivered|undeliverable|duplicated message-id|returned to (?:the )?sender",
    r"delivery (?:has )?(?:failed|failure|attempts?)",
)
"""Words that say that an address refused a message."""

RETURNED: tuple[str, ...] = (
    r"received: (?:from|by)\b|return-path:|message-id: ?<",
    r"-+ ?(?:this is a copy of|original message|the header|message header|returned message|transcript of session|"
    r"below this line|unsent message|failed message|the following is|undelivered|begin original)",
    r"(?:original |unsent )?message (?:headers?|follows|text|details)",
    r"(?:reporting-mta|final-recipient|diagnostic-code|arrival-date|x-mailer|rcpt to|mail from): ",
)
"""Lines that show a message sent back, or a report on it."""

ROBOT_BESIDE: tuple[str, ...] = (
    r"automat(?:ed|ic|ically)|do not reply|placed on hold|delivery report|view (?:comment|post|online|message)|manage (?:this|your|these)",
    r"notification (?:type|settings|preferences|e-?mails?)|un-?subscribe|subscri(?:bed|ption)|confirmation request|moderator|this (?:alert|digest|issue)",
    r"mailing list submissions|has been delivered to the following|\b(?:host|service|server) \S+ is (?:down|up|critical|unreachable)|^state: ",
)
"""What a machine says under a name that people's mailboxes have too, or words of a report of delivery."""

LEAVE_LIST: tuple[str, ...] = (
    r"un-?subscribe|opt[ -]out|manage (?:your )?(?:e-?mail )?(?:preferences|subscriptions?)|update (?:your )?(?:e-?mail )?preferences",
    r"(?:taken off|removed from) (?:the|this|our) (?:distribution |mailing |e-?mail )?list|stop (?:these|getting|receiving) (?:these )?(?:updates|reminders|e-?mails)",
    r"(?:newsletter )?abmelden|abbestellen|austragen|se désabonner|désinscri\w+|désabonnement",
    r"darse de baja|cancelar (?:la )?suscripción|disiscriv\w+|annulla(?:re)? l'iscrizione|afmelden|uitschrijven",
    r"wypisz|zrezygnuj z subskrypcji|avsluta prenumeration|avregistrera|afmeld|dad-?danysgrifio|dadgofrestru",
    r"отписаться|відписатися|配信停止|配信解除|退订|取消订阅|수신거부",
    r"you (?:are receiving|received|have received|'re receiving) this (?:e-?mail|message|newsletter) because",
)
"""How mass mail says the way out; a link that leads there, or another mark of mail to many, must stand beside it."""

IN_BROWSER: tuple[str, ...] = (
    r"(?:view|read|see) (?:this|it|the) (?:e-?mail|message|newsletter)?\s*(?:in|on) (?:your|a|the) (?:web )?browser",
    r"view (?:the )?online version|(?:nicht|not) (?:richtig|korrekt|correctly|properly) (?:dargestellt|angezeigt|display)",
    r"(?:trouble|problems?) (?:viewing|reading|seeing) this (?:e-?mail|message|newsletter)|im browser (?:ansehen|öffnen)",
    r"version en ligne|s'affiche pas correctement|ver (?:este|en) (?:correo|el navegador)|visualizza(?:re)? (?:nel|online)",
    r"(?:bekijk|lees) (?:deze|online)|zobacz w przeglądarce|gweld (?:yr|y) (?:e-?bost|neges) (?:hwn|hon) yn eich porwr",
)
"""How mass mail says that it is better seen in a browser; any link does."""

MASS_MAILERS: tuple[str, ...] = (
    r"mailchimp|sendgrid|mailgun|constant ?contact|campaign ?monitor|createsend|dotmailer|dotdigital|govdelivery|granicus",
    r"hubspot|marketo|pardot|sendinblue|brevo|klaviyo|accucast|lyris|listrak|silverpop|exacttarget|salesforce marketing",
    r"emarsys|mailjet|sparkpost|bulk|mass ?mail|mail ?merge|phplist|acymailing|newsletter",
    r"sympa|mailman|ezmlm|listserv|majordomo|fml|vacation|autorespon|out ?of ?office",
    r"jira|cron|logwatch|nagios|zabbix|libwww-perl|atlassian",
)
"""Programs that send by themselves or to many, as they name themselves in X-Mailer and the like."""

PEOPLES_MAILERS: tuple[str, ...] = (
    r"outlook|windows (?:live )?mail|apple mail|i(?:phone|pad) mail|thunderbird|squirrelmail|roundcube|horde|mutt|alpine|evolution|kmail|claws|the bat",
    r"eudora|pegasus|sylpheed|webmail|rainloop|snappymail|zimbra|android|samsung|aquamail|k-9|mailbird|em client|protonmail|ymail|mulberry",
)
"""Programs in which people write, as they name themselves; a report of delivery names none of them."""
