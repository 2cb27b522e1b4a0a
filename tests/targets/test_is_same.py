"""Whether a head that was trained for one task can be taken for another."""

import numpy as np
import pytest

from sklearn_cnn.targets._class_profiles import ClassProfiles
from sklearn_cnn.targets._classes import Classes
from sklearn_cnn.targets._labels import Labels
from sklearn_cnn.targets._number_profiles import NumberProfiles

TASKS = {
    "two": Classes(np.arange(2)),
    "two others": Classes(np.array(["no", "yes"])),
    "three": Classes(np.arange(3)),
    "three labels": Labels(3),
    "profile": ClassProfiles(np.arange(2)),
    "rates": NumberProfiles(np.array(2.0), np.array(1.0), "poisson"),
    "profile of numbers": NumberProfiles(np.array(2.0), np.array(1.0), "huber"),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_the_same_as_itself_alone(name):
    same = [other for other in TASKS if TASKS[name].is_same(TASKS[other])]
    assert same == [name]
