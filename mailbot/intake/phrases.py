"""What machines write: the phrases by which `mailbot.intake.automatic` knows them, a regular expression a line.

Capitals do not matter. A phrase that people also write stands only where a second sign is asked for beside it.
"""

from __future__ import annotations

SUBJECTS: dict[str, tuple[str, ...]] = {
    "automatic replies": (
        r"auto(?:matic(?:ally generated)?|mated|matisch[ea]?)?[-_ ]?(?:reply|response|answer|acknowledge?ment|message|e-?mail)"
        r"(?=\s*(?:[:\-–|(\[]|$|re\b|to\b|from \S+@))",
        r"auto-?(?:reply|respon[ds]e?r?)\b",
        r"(?:vacation|holiday|annual leave) (?:reply|response|message|auto)",
        r"ateb (?:awtomatig|otomatig)|neges (?:awtomatig|otomatig)|ymateb (?:awtomatig|otomatig)",
        r"automatische (?:antwort|nachricht)|automatisierte (?:antwort|nachricht)",
        r"r[ée]ponse automatique|message automatique",
        r"respuesta autom[aá]tica|risposta automatica|resposta autom[aá]tica|resposta automàtica",
        r"odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowied[źz]",
        r"r[aă]spuns automat|automatisch antwoord|automatisk svar|autosvar|automaattinen vastaus|automatická odpov",
        r"automatikus v[aá]lasz|otomatik yan[ıi]t|автоответ|автоматический ответ|автоматична відповідь",
        r"automatinis atsakymas|automātiskā|αυτόματη απάντηση|رد تلقائي|الرد التلقائي|خودکار جواب",
        r"自动(?:回复|答复)|自動(?:返信|回覆|応答)|자동 ?회신|स्वचालित उत्तर|স্বয়ংক্রিয়|ਆਟੋਮੈਟਿਕ ਜਵਾਬ|jawaab otomaatig",
    ),
    "away": (
        r"out of (?:the )?office(?! hours)(?=\s*(?:[:\-–|(\[,.!]|$|re(?:ply)?\b|auto|message|notification|alert|until|from|to|today|till))",
        r"(?:away|absent) from (?:the )?(?:office|my (?:e-?mail|desk))(?=\s*(?:[:\-–(\[]|$|until|from|till))",
        r"(?:allan|y tu allan|i ffwrdd) (?:o'?r?|i'r) ?swyddfa",
        r"abwesenheits?(?:notiz|nachricht|meldung|assistent)|nicht im (?:büro|haus)",
        r"absence du bureau|absent\(?e?\)? du bureau|message d'absence",
        r"fuera de la oficina|fuori (?:sede|ufficio)|fora do escrit[oó]rio|ausência do escritório",
        r"nieobecno[śs][ćc]|poza biurem|afwezig(?:heid)?|niet op kantoor|frånvaro|fravær",
    ),
    "undelivered": (
        r"undeliver(?:able|ed)(?: (?:mail|message))?\s*(?::|$|returned)",
        r"(?:mail|message) (?:delivery|system) (?:failed|failure|error|subsystem|problem|status|report)",
        r"mail (?:system )?(?:error|delivery)\b.{0,20}(?:returned|failed|failure)",
        r"returned mail|failure notice|nondeliverable|non-?delivery|delivery status notification",
        r"could ?n[o']t (?:be )?deliver(?:ed)? (?:your |the )?(?:mail|message|e-?mail)",
        r"delivery (?:failure|has failed|failed|delayed|incomplete)\b(?=\s*(?:[:(\-–]|$|notice|notification|message|report))",
        r"delivery notification|delivery (?:receipt|report)",
        r"(?:message|mail) (?:not delivered|delayed|undeliverable|rejected|could not be)",
        r"warning: (?:could not send|message .{0,40}delayed)",
        r"unable to deliver (?:mail|message|your|e-?mail)|address not found|rejected (?:mail|message)",
        r"postmaster (?:notify|notification)|user unknown|(?:mail|message|mailbox) quota",
        r"unzustellbar|nicht zustellbar|zustellung (?:fehlgeschlagen|nicht)|mail ?zustellung",
        r"échec de (?:la )?(?:remise|distribution)|non remis|non[- ]distribu",
        r"no se puede entregar|no entregado|mensaje (?:devuelto|no entregado)|mancata consegna|impossibile (?:recapitare|consegnare)",
        r"onbestelbaar|niet bezorgd|nie (?:można )?dostarczon|niedostarczon|zwrot poczty|não (?:foi )?entreg|falha na entrega",
        r"ddim (?:wedi'i )?(?:ddanfon|anfon|ddosbarthu)|methu (?:â |)(?:danfon|dosbarthu|anfon)",
        r"配信(?:不能|エラー)|配達(?:不能|できません)|退信|недоставлен",
    ),
    "receipts": (
        r"(?:return |read |delivery )receipt\s*(?:[:(\-–]|$)|disposition notification|lesebestätigung",
        r"accusé de (?:lecture|réception)|confirmation de lecture|confirmación de lectura|conferma di lettura",
        r"leesbevestiging|potwierdzenie (?:odczytu|przeczytania)|confirmação de leitura|cadarnhad darllen",
    ),
    "confirmations": (
        r"\[ticket ?#|ticket (?:received|created)\s*(?:[:#\-]|$)|\[(?:jira|github|gitlab|confluence)\]",
        r"your (?:ticket|case|request|enquiry|support request) (?:#?\S+ )?(?:has been|was) (?:received|logged|created|registered)",
        r"(?:please )?confirm (?:your (?:e-?mail|message|subscription|registration)|that you are (?:a )?human)",
        r"message pending|challenge.{0,20}response|verify your (?:e-?mail|message)",
        r"eingangsbestätigung|ihre (?:nachricht|anfrage|e-?mail|mitteilung) (?:ist|wurde)\b",
        r"votre (?:message|demande|courriel|e-?mail) a (?:bien )?été",
        r"(?:su|tu) (?:mensaje|consulta|solicitud|correo) ha sido|la (?:sua|tua) (?:richiesta|e-?mail|segnalazione) è stata",
        r"(?:a )?sua mensagem foi|potwierdzenie (?:otrzymania|przyjęcia|rejestracji)|uw (?:bericht|aanvraag|e-?mail) (?:is|werd)",
        r"va[šs]e? .{0,20}(?:zpr[aá]va|e-?mail|žádost) byl|am primit|mesajul dumneavoastr",
        r"cydnabod(?:iaeth)? (?:eich|derbyn)|derbyniwyd eich",
    ),
    "watchers of machines": (
        r"cron <|\[?cron\]?:|logwatch|backup (?:job|report|completed|failed|successful)",
        r"scan(?:ned)? (?:from|image from) (?:a )?[\w-]*(?:scan|xerox|mfp|printer|copier|konica|ricoh|canon)",
        r"spam (?:report|digest|summary|notification)\s*(?:[:(\-–]|$|for)|quarantine (?:summary|report|notification)|daily digest",
        r"virus (?:alert|notification|warning)\s*(?:[:(\-–]|$)|virus (?:found|detected) in (?:a |the |your )?(?:mail|message|e-?mail|file)",
        r"loop alert",
    ),
    "handouts": (
        r"(?:press release|pressemitteilung|communiqué de presse|comunicado de prensa|comunicato stampa|persbericht|"
        r"datganiad i'r wasg)\s*[:\-–|]",
    ),
}
"""How the subjects of machines begin, by what they are for."""

RECEIPT_SUBJECTS = (
    r"(?:not )?read:|(?:not )?gelesen:|(?:non )?lu\s?:|leído:|letto:|lido:|gelezen:|przeczytano:|čteno:|läst:|darllenwyd:",
    r"delivered:|relayed:|recall:",
)
RECEIPT_WORDS = (
    r"was read on|was displayed|was deleted without being read|has been (?:successfully )?delivered|was relayed",
    r"would like to recall|wurde (?:am|gelesen)|a été (?:lu|affiché)|darllenwyd|został\w* (?:odczytan|przeczytan)",
    r"(?:your|the) message\s+to:|^\s*to:.{0,200}\bsubject:|ihre nachricht|votre message|su mensaje|il messaggio|eich neges",
)
"""A receipt's subject is a single word and a colon, which people write too: its text must be a receipt's as well."""

CALENDAR_SUBJECT = (
    r"(?:invitation|accepted|declined|tentative(?:ly accepted)?|cancell?ed|updated invitation|derbyniwyd|gwrthodwyd|"
    r"zugesagt|abgesagt|accepté|refusé|angenommen|abgelehnt|aceptado|rechazado)\s?: .*"
)

GREETING = (
    r"(?:hi|hello|hey|dear [\w ]{1,30}|good (?:morning|afternoon|day)|greetings|sir/madam|all|helo|annwyl [\w ]{1,30}|"
    r"bore da|prynhawn da|(?:many )?(?:thank you|thanks|diolch)(?: (?:very much|yn fawr))?"
    r"(?: for (?:your|the|this) (?:recent )?(?:e-?mail|message|enquiry|contact)|"
    r" for (?:e-?mailing|contacting|getting in touch(?: with)?|writing to)[^.!\n]{0,60}|"
    r" am (?:eich|gysylltu â|e-bostio)[^.!\n]{0,60})?|"
    r"witam|dzień dobry|bonjour|guten tag|hallo|hola|buongiorno|olá|bună ziua|merhaba|salve|sehr geehrte[^,\n]{0,40})"
)
"""What may stand before the sentence that tells."""

MACHINE_OPENINGS: tuple[str, ...] = (
    r"(?:please note )?(?:that )?this (?:is|was) an? (?:unattended|automat(?:ed|ic)|auto-?(?:generated|reply|response))",
    r"(?:\[|\*+)?automat(?:ed|ic)(?:ally generated)? (?:reply|response|acknowledge?ment|message)",
    r"this (?:message|report|e-?mail|mail|notification) (?:was|is|has been) (?:created|generated|sent) automatically",
    r"(?:mae hwn yn|dyma|ymateb|ateb|neges) (?:ateb |ymateb |neges )?(?:awtomatig|otomatig)",
    r"mae hon yn neges (?:awtomatig|otomatig)|cafodd yr e-?bost hwn ei gynhyrchu",
    r"(?:dies|das) ist eine automati|ceci est (?:un message|une réponse) automati|(?:este|esta) es un[ao]? (?:mensaje|respuesta) autom",
    r"questo è un messaggio automatico|(?:esta é uma|este é um[a]?) (?:resposta|mensagem) autom",
    r"to jest (?:wiadomość|odpowiedź) (?:wygenerowana )?automat|(?:wiadomość|odpowiedź) (?:wygenerowana )?automatyczn",
    r"acesta este un (?:mesaj|răspuns) automat|dit is een automatisch|это автоматическ|це автоматичн|bu otomatik",
    r"هذا (?:رد|رسالة) (?:تلقائي|آلي)",
    r"(?:your|the) (?:message|mail|e-?mail)(?: to .{1,80})? (?:could not be|couldn't be|was not|wasn't|has not been|"
    r"hasn't been|cannot be) (?:delivered|sent)|message delivery failed",
    r"delivery (?:has failed to|to the following|of your message)",
    r"sorry(?:, we were| we were|, your|,? i (?:was|wasn't)) ?.{0,20}(?:unable|not able|couldn't|able) to (?:be )?deliver",
    r"this is the (?:mail system|postfix|qmail|exim|mail delivery|.{1,40}mail(?:er)? (?:daemon|program|server|system))",
    r"hi\. this is the qmail|error: ?(?:invalid user|user unknown|recipient)",
    r"the (?:following|original) (?:message|addresses|recipients?|e-?mail)[^.\n]{0,60}(?:undeliver|fail|permanent|rejected|"
    r"was received at|not (?:be )?deliver|had)",
    r"(?:i'm|i am|we're|we are) (?:afraid|sorry)[^.\n]{0,80}(?:wasn't able|not able|unable|could not) to deliver",
    r"(?:a message that you sent|the message you sent|your message did not reach|unable to deliver|failed to deliver|"
    r"could not deliver) ",
)
"""Openings that only machines write."""

AWAY_OPENINGS: tuple[str, ...] = (
    r"(?:please note )?(?:that )?(?:i am|i'm|i will be|i shall be|we are|the office is|our office is|my office is) "
    r"(?:now |currently |presently |away and )?(?:out of (?:the |our )?office|"
    r"on (?:annual|maternity|paternity|parental|sick|study|adoption) leave|away from (?:my desk|the office|my e-?mail)|"
    r"not in the office|on leave (?:until|from|and)|out on leave|away (?:until|from) (?:the )?\w+day|on holiday|"
    r"(?:currently )?closed (?:until|from|for))",
    r"i (?:am|'m)? ?(?:no longer|have (?:now )?left|have (?:now )?retired)[^.]{0,40}(?:work|employ|in post|the (?:company|"
    r"council|trust|organisation|team|department))",
    r"i(?:'m| am) (?:unable to|not able to|not) (?:check|access|monitor|read)(?:ing)? (?:my )?e-?mails?",
    r"(?:rwyf|rydw i|dw i|yr wyf)(?: ar hyn o bryd| i)? (?:allan o'r swyddfa|ar (?:fy )?(?:wyliau|ngwyliau|absenoldeb|"
    r"gyfnod mamolaeth)|i ffwrdd o'r swyddfa)|mae'r swyddfa ar gau",
    r"(?:ich bin|wir sind) (?:derzeit |zurzeit |momentan |aktuell |vom |bis )[^.\n]{0,80}(?:nicht (?:im (?:büro|hause)|"
    r"erreichbar|am platz)|außer haus|urlaub|abwesend)",
    r"je suis (?:actuellement )?(?:absente?|en congés?|en vacances|hors du bureau)",
    r"(?:actualmente )?(?:estoy|me encuentro|estaré) (?:fuera de la oficina|de vacaciones|ausente)",
    r"(?:sono|sarò) (?:attualmente )?(?:assente|fuori (?:sede|ufficio)|in ferie)",
    r"(?:estou|estarei|encontro-me) (?:atualmente )?(?:ausente|fora do escritório|de férias)",
    r"(?:jestem|przebywam|będę)[^.\n]{0,40}(?:na urlopie|nieobecn|poza biurem)|(?:sunt|voi fi)[^.\n]{0,30}(?:în concediu|plecat|absent)",
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
    r"(?:back|returning|return) on \w+day|as soon as (?:i|possible)|please (?:e-?mail|contact|call|ring|forward|direct)\b.{0,60}(?:@|\d{4})",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"(?:yn fy absenoldeb|ar fôl dychwelyd|pan fydda i'n ôl|byddaf yn (?:ateb|ymateb|dychwelyd|ôl)|cysylltwch â|brys)",
    r"(?:dringend|vertretung|zurück|urgence|absence|retour|urgente|ausencia|assenza|rientro|urgenz|regresso|ausência|piln|zastęp|"
    r"powrocie|powrót|urgent|întoarc|dringende|terug|akut|tillbaka|tilbake|grįš|skub|срочн|вернусь|термінов|поверн|acil|dön|"
    r"عاجل|عودت|واپس|ਵਾਪਸ|ফির|紧急|回来|返回|degdeg|soo noqo)",
)
"""What such a reply says next; a person who tells of their own leave does not go on like this."""

RECEIPT_OPENINGS: tuple[str, ...] = (
    r"(?:your (?:e-?mail|message|enquiry|request|query|submission|correspondence)|this (?:e-?mail|message)) "
    r"(?:has been|was|is) (?:safely )?(?:received|logged|created|registered|allocated)",
    r"(?:we|our team) (?:have|has) (?:safely )?received your (?:e-?mail|message|enquiry|request|query|correspondence|application)",
    r"we (?:aim|endeavour|will (?:aim|endeavour|try)) to (?:respond|reply|get back|answer)",
    r"(?:a member of (?:our|the) (?:team|staff)|someone|one of our team) will (?:be in touch|respond|reply|get back|contact)",
    r"(?:this (?:inbox|mailbox|e-?mail address|address|account)|the (?:inbox|mailbox)) is (?:no longer|not) "
    r"(?:monitored|in use|attended|checked)",
    r"(?:rydym|rydyn ni) wedi (?:derbyn|cael) eich|derbyniwyd eich|mae eich (?:neges|e-?bost|ymholiad) wedi",
)
RECEIPT_BESIDE: tuple[str, ...] = (
    r"working (?:days|hours)|reference (?:number|is|no)|your reference|ticket|(?:do|please do) not reply|automat\w+|otomatig",
    r"unattended|not monitored|office hours|opening hours|\d+ (?:hours|days)|as soon as (?:possible|we can)|shortly|high volume",
    r"in the order|if your (?:enquiry|query|matter|request) is urgent|diwrnod gwaith|cyn gynted",
)
"""What a machine says beside "we have received your message"; people write that sentence too."""

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
    r"below this line|unsent message|failed message|the following is|undelivered)",
    r"(?:original |unsent )?message (?:headers?|follows|text|details)",
    r"(?:reporting-mta|final-recipient|diagnostic-code|arrival-date|x-mailer|rcpt to|mail from): ",
)
"""Lines that show a message sent back, or a report on it."""

LEAVE_LIST: tuple[str, ...] = (
    r"un-?subscribe|opt[ -]out|manage (?:your )?(?:e-?mail )?(?:preferences|subscriptions?)|update (?:your )?(?:e-?mail )?preferences",
    r"(?:newsletter )?abmelden|abbestellen|austragen|se désabonner|désinscri\w+|désabonnement",
    r"darse de baja|cancelar (?:la )?suscripción|disiscriv\w+|annulla(?:re)? l'iscrizione|afmelden|uitschrijven",
    r"wypisz|zrezygnuj z subskrypcji|avsluta prenumeration|avregistrera|afmeld|dad-?danysgrifio|dadgofrestru",
    r"отписаться|відписатися|配信停止|配信解除|退订|取消订阅|수신거부",
    r"you (?:are receiving|received|have received|'re receiving) this (?:e-?mail|message|newsletter) because",
)
"""How mass mail says the way out; a link that leads there must stand beside it."""

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
    r"emarsys|mailjet|sparkpost|bulk ?mail|mass ?mail|phplist|acymailing|newsletter",
    r"sympa|mailman|ezmlm|listserv|majordomo|fml|vacation|autorespon|out ?of ?office",
    r"jira|cron|logwatch|nagios|zabbix|libwww-perl|wordpress|drupal|atlassian",
)
"""Programs that send by themselves or to many, as they name themselves in X-Mailer and the like."""
