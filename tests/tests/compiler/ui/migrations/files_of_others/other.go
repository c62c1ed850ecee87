# of another tool
