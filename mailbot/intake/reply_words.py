"""The words by which mail programs mark what is quoted, and by which signatures, footers and disclaimers are told.

Tables only; `mailbot.intake.replies` reads them. Each entry is a regular expression of a few words, compared without
regard to case. An unknown form stays with the sender's words, where it costs an officer a glance.
"""

from __future__ import annotations

WROTE = (
    "wrote|writes|ysgrifennodd|schrieb|schreef|schrijft|a écrit|écrit|escribió|escreveu|ha scritto|scrisse|skrev|"
    "napisał|napisała|napisał\\(a\\)|napsal|napsala|napsal\\(a\\)|napísal|написал|написала|пишет|написав|пише|"
    "geschreven|kirjoitti|a scris|yazdı|írta|parašė|rašė|ha escrit|kirjutas|έγραψε|كتب|写道|寫道|さんは書きました"
)
"""The verb of the line above a quotation: "On 2 November 2026 at 10:00 Ann <ann@post.example> wrote:"."""

ON = "on|ar|am|op|le|el|il|em|den|dnia|w dniu|dne|dňa|în|pe|în data|på|a|at|fre|man|mon|tue|wed|thu|fri|sat|sun"
"""With what such a line begins, where it does not begin with the date or the name."""

PEOPLE_TOLD_OF = "he|she|they|i|we|it|who|then|and|also|staff|manager"
"""Who writes in an account ("On Monday he wrote:"), and never in the line a mail program puts above a quotation."""

HEADERS = {
    "from": (
        "from|oddi wrth|von|van|de|de la|da|fra|från|od|от|від|lähettäjä|gönderen|kimden|feladó|nuo|afzender|absender|"
        "expéditeur|mittente|remitente|من|发件人|寄件者|差出人"
    ),
    "sent": (
        "sent|anfonwyd|gesendet(?: am)?|verzonden(?: op)?|envoyé(?: le)?|enviado(?: el| em)?|enviada(?: em)?|"
        "inviato(?: il)?|sendt|skickat|wysłano|odesláno|отправлено|надіслано|lähetetty|trimis|gönderilme|elküldve|"
        "تاريخ الإرسال|发送时间|寄件日期"
    ),
    "date": "date|dyddiad|datum|dato|date d'envoi|fecha|data|дата|tarih|dátum|发送日時|日時",
    "to": "to|at|an|aan|à|para|a|til|till|do|komu|кому|către|kime|címzett|vastaanottaja|إلى|收件人|宛先",
    "subject": (
        "subject|pwnc|betreff|onderwerp|objet|asunto|assunto|oggetto|emne|ämne|temat|předmět|тема|subiect|konu|tárgy|"
        "aihe|الموضوع|主题|件名"
    ),
    "other": "cc|bcc|reply-to|importance|copi|kopie|kopia|copie|копия|копія",
}
"""The labels of the lines that mail programs put above what they quote or forward, by what they tell."""

ORIGINAL = (
    "original (?:message|e-?mail|mail|appointment)|forwarded|neges wreiddiol|ymlaen|"
    "ursprüngliche|weitergeleitete|oorspronkelijk|doorgestuurd|d'origine|"
    "transféré|transmis|originale|inoltrato|mensaje|mensagem|reenviado|encaminhada|oprindelig|opprinnelig|"
    "ursprungligt|vidarebefordrat|wiadomość|oryginalna|původní|přeposlan|исходное|пересылаемое|пересланное|"
    "alkuperäinen|mesaj|原始|转发|原文"
)
"""A word of the rule above history: "-----Original Message-----", "---------- Forwarded message ----------"."""

BEGIN_FORWARDED = (
    "begin forwarded message|anfon neges ymlaen|début du message (?:réexpédié|transféré)|"
    "anfang der weitergeleiteten nachricht|begin doorgestuurd bericht|inicio del mensaje reenviado|"
    "inizio messaggio inoltrato"
)

SENT_FROM = (
    r"sent (?:from|via|with|using)(?: my)?\b|from my (?:iphone|ipad|phone|mobile)|"
    r"get (?:\[?outlook|\w+ for (?:ios|android))|"
    r"anfonwyd o(?: fy|'r)|gesendet (?:von|mit|aus)|von meinem .{3,40} gesendet|envoyé (?:de|depuis|à partir)|"
    r"enviado (?:desde|do|de|a partir)|inviato da|(?:verzonden|verstuurd) (?:vanaf|met|van)|wysłan[eoy] (?:z|ze)|"
    r"odesláno z|skickat från|sendt fra|lähetetty|отправлено (?:с|из)|надіслано з|trimis de pe|iphone'umdan|"
    r"diese nachricht wurde von meinem|從我的|从我的"
)
"""How the footer of a telephone or a mail program begins."""

DEVICES = (
    r"phone|ipad|ipod|\bios\b|android|galaxy|samsung|huawei|nokia|xperia|pixel|\bhtc|oneplus|xiaomi|alcatel|motorola|"
    r"blackberry|tablet|mobi|móvil|celular|\bcell\b|device|handy|telef|téléphone|ffôn|телефон|mail|outlook|yahoo|\baol|"
    r"proton|windows|\bmac\b|\bapp\b"
)
"""What such a footer names. "Sent from my room" is not one."""

ANOTHERS = (
    r"(?:mate|friend|mum|mam|mom|dad|nan|gran|sister|brother|aunt|neighbour|girlfriend|boyfriend|teacher|carer)\w*|"
    r"(?<!blackberry )work|office|school|college|library|borrowed|someone\w*"
)
"""Whose telephone or computer it is, where a "Sent from …" line is the sender's warning not to answer there."""

TELLING = (
    r"i|i'?m|i'?ve|i'?ll|i'?d|me|my|mine|he|he'?s|she|she'?s|him|his|her|hers|they|them|their|we|us|our|you|your|"
    r"was|were|is|are|has|had|have|did|does|do|don'?t|didn'?t|can'?t|won'?t|not|will|would|can|could|cos|because|so|"
    r"please|pls|help|said|says|told|saw|hit|hits|hurt|hurts|"
    r"dwi|dw i|rwy|rydw|mae'r|roedd|oedd|ddim|peidiwch|plîs|helpwch|fy|je|j'ai|elle|ich|sie|ist|nicht|yo|ella|él|está|"
    r"não|ele|ela|nie|jest|mnie|się|proszę|este|sunt|я|он|она|він|вона|не|мене|меня"
)
"""Words of telling. No line of a contact block and no footer has one; a line that has one stays the sender's."""

PERSONAL = r"(?-i:I)|i'?m|i'?ve|i'?ll|i'?d|me|my|mine|he|she|him|his|her|hers|fi|fy|peidiwch|dwi|ja|mnie"
"""Words that no disclaimer has. A paragraph that has one stays the sender's, whatever else it says."""

CONTACT = (
    r"tel|ext|mob|fax|ffôn|www|working (?:days|hours|pattern)|office hours|registered (?:office|in|charity|company)|"
    r"charity n\w+|follow us|correspondence welcome|croesewir gohebiaeth"
)
"""Words of a contact block, beside numbers, links and addresses."""

EXCUSES = (
    r"(?:please |pls )?(?:excuse|forgive) (?:any |my |the )?(?:typ\w*|brevity|spelling|errors?|mistakes)[^.]{0,30}\.?$"
)
"""How such a footer may end."""

DISCLAIMER_OPENS = (
    r"(?:disclaimer|confidentiality notice|important(?: notice)?|private (?:and|&) confidential|ymwadiad|pwysig)\b|"
    r"(?:this|the information (?:contained )?in this|the contents? of this|this electronic) "
    r"(?:e-?mail|message|communication|transmission)\b|any (?:views|opinions)\b|e-?mails sent to\b|"
    r"if you (?:are not|have received this)|"
    r"mae'r (?:e-?bost|neges)|os nad chi"
)
"""How a disclaimer begins."""

DISCLAIMER_MARKS = (
    r"\bconfidential|\bprivileged|g?c?yfrinachol",
    r"\b(?:intended|meant)\b.{0,40}?\b(?:for|recipients?)\b|\b(?:named|intended) (?:recipient|addressee)|"
    r"\baddressees?\b|\b[bf]wriad\w+|dderbynnydd|derbynnydd",
    r"\breceived (?:it|this|the) ?(?:e-?mail|message|communication)? ?in error|(?:trwy|drwy|mewn) g?c?amgymeriad",
    r"\b(?:notify|inform|contact|advise|tell) the (?:sender|originator)|rhowch wybod|hysbys\w+",
    r"\bdelet(?:e|ing) (?:it|this|the)\b|\bdestroy (?:it|this)|\bdilë?\w+",
    r"\b(?:copy|copied|copying|disclose|disclosure|distribut\w+|disseminat\w+)\b|g?c?opïo",
    r"\bvirus|\bliab(?:le|ility)|\bstrictly prohibited|\blegislation\b|\bmonitored\b|feirws|firws|atebol",
    r"\b(?:views|opinions) (?:expressed|are those)|\bthose of the author|barn yr? awdur",
)
"""What disclaimers speak of; a paragraph that speaks of two of these, and opens as one, is a disclaimer."""

PLEAS_TO_SAVE_PAPER = r"think before you print|please consider the environment|meddyliwch cyn argraffu"
