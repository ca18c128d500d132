"""Words that stand where a name could stand and are none: for finding the names by which a sender calls themselves."""

from __future__ import annotations

TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor rev revd reverend fr father sister sr brother sgt lt col major capt captain "
    "pc cllr councillor sir dame lord lady mama khun auntie aunty uncle nana nurse big little".split()
)

PARTICLES = frozenset(
    "de da do dos das del della dela la le van von der den di du al el bin bint ibn ap ab ferch ó ní o y e umm "
    "abu nic mhic uí".split()
)
"""What stands between the words of a name in small letters."""

COMMON = frozenset(
    "a about after again all also although always am an and another any anybody anyone anything are as at back be "
    "because been before best both but by call can cannot could day days dear did do does done down each either "
    "else even ever every everybody everyone everything few first for found from further get give go gone good got "
    "had has have he hello help her here hers hi him his hope how however i if in into is it its just keep last "
    "later let like look made make many may maybe me meanwhile might mine more most much must my name never next no "
    "nobody none nor not nothing now of off often ok okay old on once one only or other others our out over own "
    "people perhaps phone please put rather read re really said same saw say second see seen sent several she "
    "should signed since so some somebody someone something sometimes soon sorry still such sure take tell than "
    "thank thanks that the their them then there these they thing things think third this those though three "
    "through till to today told tomorrow tonight too twice two under until up upon us very was we well went were "
    "what when where whether which while who whoever whom whose why will with within without would write yes "
    "yesterday yet you your yours pm fwd fw being used kept known given mentioned added dob use address contact "
    "greetings six four five seven eight nine ten girls boys children number bring come ring text ask note staff "
    "morning afternoon evening night noon week month year monday tuesday wednesday thursday friday saturday sunday "
    "january february march april june july august september october november december christmas easter ramadan eid "
    "diwali annwyl mae rwyf nid oes nac ac yn yr y fy fi gyda gan mewn roedd dim diolch cofion gorau fawr hwyl "
    "pob tel mob mobile fax ext switchboard landline".split()
)

SIGNING_OFF = frozenset(
    "regards rgds kr br thx thanks thank ta cheers cordially sincerely faithfully truly wishes wish best warm kind "
    "kindest kindly warmest yours respectfully gratefully ever aye bye goodbye ciao slán hwyl diolch cofion gorau "
    "pob saludo saludos obrigado obrigada merci cordialement dziękuję pozdrawiam grüßen grüße salaam salam shalom "
    "namaste blessings bless love hugs peace pax amen wassalam multumesc mulțumesc laters mihi ngā xx xxx confidence "
    "privacy anonymity faith anon anonymous "
    "anonymously withheld".split()
)

POSTS = frozenset(
    "accountant activity administrator adviser advisor advocate agency agent ambulance apprentice assessor "
    "assistant bank board bookkeeper bursar care carer caretaker carers caring chair chairman chairperson chef "
    "chief child childrens children's clerk clinical cleaner coach committee community constable consultant cook "
    "coordinator co-ordinator counsellor department deputy designated detective director doctor driver duty "
    "educational employee ex executive family former foster fostering gardener general governor grandparent "
    "grandparents group guardian head health home home's house houseparent housekeeper independent inspector "
    "interpreter junior key keyworker kitchen lead leader leaver local maintenance manager matron member mentor "
    "midwife mother father mum mam dad nan gran grandma grandad neighbour neighbor nights night nurse nursery "
    "occupational officer operations owner panel paediatric paramedic parent parents pastoral pharmacist play "
    "police porter practitioner principal project psychiatrist psychologist public pupil receptionist registered "
    "relief residential resident respite responsible retired safeguarding school secretary secure security senior "
    "service services shift sister social solicitor specialist staff student supervising supervisor support "
    "supported teacher teaching team temp therapist trade trainee training transport treasurer tutor union unit "
    "unqualified qualified visitor volunteer waking ward warden whistleblower witness worker works writer young "
    "youth yours truly concerned worried desperate scared frightened angry upset friend citizen wellwisher someone "
    "somebody insider user guest office printer scanner info noreply truth truths eyes ears owl neighbours account "
    "mailbox enquiries councillor vicar priest imam rabbi minister".split()
)
"""What people do, and what they call themselves who give no name."""

ORGANISATIONS = frozenset(
    "ofsted cafcass nspcc unison council borough county city town police nhs cqc camhs lado mash court hospital "
    "trust ltd limited llp plc group services academy college university house lodge manor hall cottage centre "
    "center villa grange street road lane avenue close drive way crescent terrace place gardens grove hill row walk "
    "square mews park parade farm england wales scotland ireland britain uk london english welsh scottish irish "
    "british polish romanian lithuanian latvian ukrainian russian german french spanish portuguese italian greek "
    "turkish kurdish arab arabic iranian iraqi syrian afghan pakistani indian bengali bangladeshi punjabi gujarati "
    "tamil chinese vietnamese filipino thai japanese korean african nigerian ghanaian kenyan somali eritrean "
    "ethiopian sudanese zimbabwean jamaican caribbean american asian european black white muslim christian catholic "
    "jewish hindu sikh buddhist traveller gypsy roma deaf autistic disabled pregnant gay lesbian trans reg "
    "regulation".split()
)

ORDINARY = frozenset(
    "will grace hope may mark rose bill rob sue jack pat art bob dawn faith joy june april summer autumn winter "
    "daisy lily ivy holly jasmine iris heather ruby pearl amber crystal angel chance chase drew frank grant hunter "
    "jay miles rich rod ray sky stone young king hill wood green brown white black field fields house home church "
    "short long wise child little day knight price cook baker page marsh moor lane bell bird fox ward west north "
    "head bishop carter moss bush rice root wall kerr power read berry love burns cross dale ford gray grey hall "
    "hardy lamb park penny peace pool savage small story blessing patience precious best lake oakes farthing carer "
    "friend social quill noel mercy comfort charity gift prince sunday sunny star storm banks brook brooks booth "
    "butler case cash chambers coates coy curry dean dear farmer fisher flood flowers frost gale gates goodman hand "
    "hart hay holder holiday hunt key light lock lord major man marks martin mason mead mills moon new noble nurse "
    "oak old paine parent pike pitt porter post potter pound pratt pride pulling reed rivers rock rush salt self "
    "sergeant sharp shepherd singer skinner slack smart snow speed spring steel stern street strong swan sweet "
    "tanner taylor temple thorn tiger tree turner waters way weaver weeks wells wolf woods worth joe lee kim sam "
    "don guy gene hank harry josh nick rusty sandy sonny teddy tom tony van victor".split()
)
"""Names that are also words: masked only where they are written with a capital."""
