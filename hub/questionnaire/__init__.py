"""Questionnaires: the part of FHIR SDC that a patient can answer by tapping (contract §4).

    check(questionnaire)                        raises Unsupported(path, reason)
    questions(questionnaire, answers)           what is asked, in order, by the answers so far
    next_question(questionnaire, answers)       the first that still waits; None when done
    parse_answer(question, form_value)          what the page posts → answer; raises BadAnswer
    answered_items(questionnaire, answers)      the items of the QuestionnaireResponse
    asks_for_call(questionnaire, answers)       whether an answer asks to be called
    offers_same_as_last(questionnaire)          whether "the same as last time" may be offered
    translated(questionnaire, language)         a copy in the patient's language
    FEATURES                                    what the hub can show, told to the central service

Everything here is pure. `questionnaire` is the FHIR resource as JSON and has passed `check`;
`answers` maps link ids to answers, where a link id that is missing was not reached yet.
"""

from .answer import BadAnswer, parse_answer
from .flow import (
    Question,
    answered_items,
    asks_for_call,
    canonical,
    next_question,
    offers_same_as_last,
    questions,
)
from .form import Answer, Answers, Choice, Unsupported
from .subset import FEATURES, check
from .translation import translated

__all__ = [
    "FEATURES",
    "Answer",
    "Answers",
    "BadAnswer",
    "Choice",
    "Question",
    "Unsupported",
    "answered_items",
    "asks_for_call",
    "canonical",
    "check",
    "next_question",
    "offers_same_as_last",
    "parse_answer",
    "questions",
    "translated",
]
