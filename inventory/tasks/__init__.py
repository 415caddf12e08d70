"""Work on stock that time calls for, and jobs that somebody waits for; one file per noun."""
