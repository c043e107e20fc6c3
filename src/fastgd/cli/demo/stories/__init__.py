"""The stories of `fastgd demo`: what runs, what it comes to beside the closed form, and why."""

from fastgd.cli.demo.stories import laser, laser2d, line, valley

# What tells it, and its usual learning rate.
STORIES = {
    "laser": (laser.tell, 0.1),
    "laser2d": (laser2d.tell, 0.05),
    "line": (line.tell, 0.1),
    "valley": (valley.tell, 0.05),
}
