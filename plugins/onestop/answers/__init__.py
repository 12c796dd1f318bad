"""Answers: what an agency is told of its delivery, in files it can work with and a mail, in Vietnamese."""

from onestop.answers.answering import Answers
from onestop.answers.files import answer_file

__all__ = ["Answers", "answer_file"]
