"""Words that carry no subject: grammar and the words of questions, folded (no accents, lower case).

French list: 157 words of bm25s (MIT), with question words, forms of address and the words by which
one speaks of the releases themselves added; it holds single letters, which elisions leave.
"""

FRENCH = frozenset(
    """
    a ai aie aient aies ait alors as au aucun aucune aura aurai auraient aurais aurait auras aurez
    auriez aurions aurons auront aussi aux avaient avais avait avec avez aviez avoir avons ayant
    ayante ayantes ayants ayez ayons bonjour c ca car ce ceci cela celle celles celui ces cet cette
    ceux chez ci combien comme comment d dans de depuis des dis dit donc dont du elle elles en entre
    es est et etaient etais etait etant etante etantes etants ete etee etees etes etiez etions etre
    eu eue eues eumes eurent eus eusse eussent eusses eussiez eussions eut eutes faire fait font
    fumes furent fus fusse fussent fusses fussiez fussions fut futes il ils j je l la laquelle le
    lequel les lesquelles lesquels leur leurs lors lui m ma mais me meme mes merci moi mon n ne ni
    nos notre nous on ont ou par parle parler pas pendant peut peux plait pour pourquoi pouvez
    pourriez qu quand quel quelle quelles quels qui quoi que s sa sait sans savoir se sera serai
    seraient serais serait seras serez seriez serions serons seront ses si soient sois soit sommes
    son sont soyez soyons suis sur svp t ta te tes toi ton tous tout toute toutes tu un une va vers
    vos votre vous y
    """.split()
)

ENGLISH = frozenset(
    """
    a about all also am an and any are as at be been being but by can could did do does doing for
    from give had has have having he hello her his how i if in into is it its itself just like list
    made make many may me might more most much must my no nor not of on only or our out please s
    shall she should so some such t tell than that the their them then there these they this those
    time to too under up us was we were what when where which while who whom whose why will with
    would you your
    """.split()
)

STOP_WORDS = {"fr": FRENCH, "en": ENGLISH | frozenset("d l".split())}
