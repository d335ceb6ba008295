# The panels and their homes: type checkers read them here, and `__init__.py` loads them from here.

from .app import App as App
from .ask import AskPanel as AskPanel
from .assistant import AssistantPanel as AssistantPanel
from .connect import ConnectPanel as ConnectPanel
from .evaluate import EvaluatePanel as EvaluatePanel
from .gate import GatePanel as GatePanel
from .grid import Grid as Grid
from .grid import ReviewGrid as ReviewGrid
from .guard import KeyGuard as KeyGuard
from .labeling import LabelPanel as LabelPanel
from .push import PushPanel as PushPanel
from .rating import RatingPanel as RatingPanel
from .records import RecordsPanel as RecordsPanel
from .review import ReviewPanel as ReviewPanel
from .secret import SecretField as SecretField
from .view import MessageView as MessageView
